import type { Bits56 } from '../../../../src/processor/tail-sampling/policy/bits56.ts';
import { probabilityOf } from '../../../../src/processor/tail-sampling/policy/threshold.ts';
import { policySchema } from '../../../../src/processor/tail-sampling/policy/policy-schema.ts';
import { PolicySet, type TraceOutcome } from '../../../../src/processor/tail-sampling/policy/policy-set.ts';
import { seededRandom, shuffled } from '../../../support/random.ts';
import { LightBatch, LightTrace, rootBytes, type RootBytes } from './light-trace.ts';

/** As the processor cuts them: what is due is decided every 50 ms, in batches of so many. */
const TICK_MS = 50;
const BATCH_SIZE = 512;

/** One kind of traffic. Traces arrive independently of each other, so many a second on average (Poisson). */
export interface Traffic {
  readonly kind: string;
  readonly tracesPerSecond: (atMs: number) => number;
  /** Spans of a trace are uniform from 1 to this. */
  readonly maxSpans: number;
  readonly errorShare?: number;
}

export interface Run {
  readonly seed: number;
  readonly durationMs: number;
  readonly traffic: readonly Traffic[];
  /** Sees each decision. */
  readonly onDecided: (trace: LightTrace, outcome: Readonly<TraceOutcome>, kind: number, atMs: number) => void;
}

/** Policies as they are built from a list of YAML's shape. */
export function policySet(policies: readonly object[], sampleOnFirstMatch = false): PolicySet {
  const configs = policies.map((policy) => policySchema.parse(policy));
  return new PolicySet(configs, sampleOnFirstMatch, (_policy, error) => {
    throw error;
  });
}

/** Sends traffic through policies in simulated time. */
export class Simulation {
  readonly policies: PolicySet;
  #serial = 0;
  nowMs: number;
  readonly #roots = new Map<string, RootBytes>();

  constructor(policies: PolicySet, startMs = 5_000_000) {
    this.policies = policies;
    this.nowMs = startMs;
  }

  run({ seed, durationMs, traffic, onDecided }: Run): void {
    const random = seededRandom(seed);
    const roots = traffic.map(({ kind }) => this.#root(kind));
    for (let atMs = 0; atMs < durationMs; atMs += TICK_MS) {
      const due: { readonly trace: LightTrace; readonly kind: number }[] = [];
      traffic.forEach(({ tracesPerSecond, maxSpans, errorShare = 0 }, kind) => {
        const count = poisson((tracesPerSecond(atMs) * TICK_MS) / 1000, random);
        for (let i = 0; i < count; i++) {
          const spanCount = 1 + Math.floor(random() * maxSpans);
          const hasError = errorShare > 0 && random() < errorShare;
          due.push({ kind, trace: new LightTrace({ serial: this.#serial++, nowMs: this.nowMs, spanCount, randomness: randomness(random), root: roots[kind]!, hasError }) });
        }
      });
      const mixed = shuffled(due, random);
      for (let first = 0; first < mixed.length; first += BATCH_SIZE) {
        const batch = mixed.slice(first, first + BATCH_SIZE);
        const outcomes = this.policies.decide(new LightBatch(batch.map(({ trace }) => trace), this.nowMs));
        batch.forEach(({ trace, kind }, index) => onDecided(trace, outcomes[index]!, kind, atMs));
      }
      this.nowMs += TICK_MS;
    }
  }

  #root(kind: string): RootBytes {
    const root = this.#roots.get(kind) ?? rootBytes({ service: kind, name: 'GET /' });
    this.#roots.set(kind, root);
    return root;
  }
}

/** How many traces a kept one stands for; 0 for one that was not kept. Throws where the probability is not known. */
export function weightOf({ decision: { verdict, threshold } }: Readonly<TraceOutcome>): number {
  if (verdict !== 'sampled') return 0;
  if (threshold === undefined) throw new Error('kept with a probability that is not known');
  return 1 / probabilityOf(threshold);
}

function randomness(random: () => number): Bits56 {
  return { hi: Math.floor(random() * 2 ** 28), lo: Math.floor(random() * 2 ** 28) };
}

/** How many events happen where `mean` do on average: by the gaps between them. */
function poisson(mean: number, random: () => number): number {
  let count = 0;
  for (let at = -Math.log(1 - random()); at < mean; at -= Math.log(1 - random())) count++;
  return count;
}
