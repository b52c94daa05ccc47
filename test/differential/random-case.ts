import type { JsonObject } from '../support/otlp.ts';
import { Choice } from './choice.ts';
import { RandomPolicies } from './random-policies.ts';
import { randomTraces } from './random-traces.ts';

const TRACES = 8;

/** A configuration of `tail_sampling` and requests to send through it. */
export interface RandomCase {
  readonly seed: number;
  readonly config: JsonObject;
  readonly traceIds: readonly string[];
  readonly requests: readonly Uint8Array[];
}

/** The same for the same seed. */
export function randomCase(seed: number): RandomCase {
  const choice = new Choice(seed);
  const judgesPieces = choice.chance(0.15);
  const policies = new RandomPolicies(choice, judgesPieces).list();
  const config = {
    policies,
    ...(judgesPieces ? { sampling_strategy: 'span-ingest' } : {}),
    ...(choice.chance(0.1) ? { sample_on_first_match: true } : {}),
  };
  return { seed, config, ...randomTraces(choice, TRACES) };
}
