import { NOT_SAMPLED, SAMPLED, type Decision, type Policy, type Threshold } from './policy.ts';
import type { PolicyConfig, PolicyContext } from './policy-type.ts';
import { POLICY_TYPES } from './policy-types.ts';
import { TraceWalk } from './trace-walk.ts';
import type { Trace } from './trace.ts';

/** No policy: nobody kept the trace. */
export const NO_POLICY = -1;

/** A policy of the list as it is evaluated. */
export interface NamedPolicy {
  readonly name: string;
  readonly type: string;
  readonly policy: Policy;
}

/** Is told how long each policy took, where somebody wants to know. */
export interface Stopwatch {
  /** Milliseconds; only differences mean something. */
  now(): number;
  took(policy: number, ms: number): void;
}

/** What became of each policy in one evaluation. */
export type PolicyOutcome = Decision | 'failed' | 'not_asked';

/**
 * The policies of one processor and the rule that combines them: those that can drop are asked first; any Dropped and the
 * trace is not forwarded; else any Sampled and it is, attributed to the first in the list that said so; else not. A policy
 * that fails is passed over.
 *
 * They share the trace's randomness, so it is kept by whatever means the smallest threshold decides, and that one holds.
 */
export class PolicySet {
  readonly policies: readonly NamedPolicy[];
  /** By policy, valid until the next evaluation. */
  readonly outcomes: PolicyOutcome[];
  /** The policy that the last decision is attributed to, or NO_POLICY. */
  decidedBy = NO_POLICY;
  readonly #order: readonly number[];
  readonly #stopAtFirst: boolean;
  readonly #onFailure: (policy: NamedPolicy, error: unknown) => void;

  constructor(
    configs: readonly PolicyConfig[],
    sampleOnFirstMatch: boolean,
    onFailure: (policy: NamedPolicy, error: unknown) => void,
  ) {
    const walk = new TraceWalk();
    const context: PolicyContext = { walk, build: (config) => build(config, context) };
    this.policies = configs.map((config) => ({ name: config.name, type: config.type, policy: build(config, context) }));
    walk.seal();
    this.outcomes = this.policies.map(() => 'not_asked');
    const indexes = this.policies.map((_, index) => index);
    this.#order = [
      ...indexes.filter((index) => this.policies[index]!.type === 'drop'),
      ...indexes.filter((index) => this.policies[index]!.type !== 'drop'),
    ];
    this.#stopAtFirst = sampleOnFirstMatch;
    this.#onFailure = onFailure;
  }

  evaluate(trace: Trace, stopwatch?: Stopwatch): Decision {
    this.outcomes.fill('not_asked');
    this.decidedBy = NO_POLICY;
    let dropped: Decision | undefined;
    let first: Decision | undefined;
    let threshold: Threshold;
    for (const index of this.#order) {
      const startMs = stopwatch?.now() ?? 0;
      const decision = this.#ask(index, trace);
      stopwatch?.took(index, stopwatch.now() - startMs);
      if (decision === undefined || decision.verdict === 'not_sampled') continue;
      if (decision.verdict === 'dropped') {
        dropped ??= decision;
        if (this.decidedBy === NO_POLICY) this.decidedBy = index;
        if (this.#stopAtFirst) break;
        continue;
      }
      if (first === undefined) {
        first = decision;
        threshold = decision.threshold;
        if (dropped === undefined) this.decidedBy = index;
      } else {
        threshold = lower(threshold, decision.threshold);
      }
      if (this.#stopAtFirst) break;
    }
    if (dropped !== undefined) return dropped;
    if (first === undefined) return NOT_SAMPLED;
    return first.threshold === threshold ? first : { verdict: 'sampled', threshold };
  }

  #ask(index: number, trace: Trace): Decision | undefined {
    const named = this.policies[index]!;
    try {
      const decision = named.policy.evaluate(trace);
      this.outcomes[index] = decision;
      return decision;
    } catch (error) {
      this.outcomes[index] = 'failed';
      this.#onFailure(named, error);
      return undefined;
    }
  }
}

/** Certain (the lowest) beats all; else, where one probability is not known, that of both together is not. */
function lower(a: Threshold, b: Threshold): Threshold {
  if (a === SAMPLED.threshold || b === SAMPLED.threshold) return SAMPLED.threshold;
  if (a === undefined || b === undefined) return undefined;
  return a < b ? a : b;
}

function build(config: PolicyConfig, context: PolicyContext): Policy {
  const policyType = POLICY_TYPES.find(({ type }) => type === config.type);
  if (policyType === undefined) throw new Error(`unknown policy type ${config.type}`);
  return policyType.build(config[config.type], context);
}
