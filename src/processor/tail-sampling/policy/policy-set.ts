import { BatchPart } from './batch-part.ts';
import { keepsAll, NOT_SAMPLED, type Decision, type Policy } from './policy.ts';
import type { AdaptiveReporter, PolicyConfig, PolicyContext } from './policy-type.ts';
import { policyTypeOf } from './policy-types.ts';
import { lowerThreshold } from './threshold.ts';
import { TraceWalk } from './trace-walk.ts';
import type { Trace, TraceBatch } from './trace.ts';

/** No policy: nobody kept the trace. */
export const NO_POLICY = -1;

/** A policy of the list as it is evaluated. */
export interface NamedPolicy {
  readonly name: string;
  readonly type: string;
  readonly policy: Policy;
}

/** An adaptive policy, in the list or inside one of it. */
export interface NamedReporter {
  /** The policy's name, behind those of the policies it stands in: `outer/inner`. */
  readonly policy: string;
  readonly reporter: AdaptiveReporter;
}

/** Is told how long each policy took, where somebody wants to know. */
export interface Stopwatch {
  /** Milliseconds; only differences mean something. */
  now(): number;
  took(policy: number, ms: number): void;
}

/** What one policy said of one trace. */
export type PolicyOutcome = Decision | 'failed' | 'not_asked';

/** What became of one trace: what each policy said, by its index in the list, and the decision. */
export interface TraceOutcome {
  readonly outcomes: PolicyOutcome[];
  decision: Decision;
  /** The policy the decision is attributed to, or NO_POLICY. */
  decidedBy: number;
}

/**
 * The policies of one processor and the rule that combines them: those that can drop are asked first; any Dropped and the
 * trace is not forwarded; else any Sampled and it is, attributed to the first in the list that said so; else not. A policy
 * that fails is passed over.
 *
 * They share the trace's randomness, so it is kept by whatever means the smallest threshold decides, and that one holds.
 */
export class PolicySet {
  readonly policies: readonly NamedPolicy[];
  readonly adaptive: readonly NamedReporter[];
  /** Policies in the order in which they are asked, in stages: a budget is divided when all before it have answered. */
  readonly #stages: readonly (readonly number[])[];
  /** Policies that spend nothing on traces that are kept for certain, whoever keeps them. */
  readonly #askedLast: ReadonlySet<number>;
  readonly #stopAtFirst: boolean;
  readonly #onFailure: (policy: NamedPolicy, error: unknown) => void;
  /** One for each trace of the batch under way; kept for the next. */
  readonly #outcomes: TraceOutcome[] = [];

  constructor(
    configs: readonly PolicyConfig[],
    sampleOnFirstMatch: boolean,
    onFailure: (policy: NamedPolicy, error: unknown) => void,
    onWarning: (policy: string, what: string) => void = () => undefined,
  ) {
    const walk = new TraceWalk();
    const adaptive: NamedReporter[] = [];
    const askedLast = new Set<number>();
    this.policies = configs.map((config, index) => {
      const contextIn = (policy: string): PolicyContext => ({
        walk,
        build: (inner) => build(inner, contextIn(`${policy}/${inner.name}`)),
        askLast(reporter) {
          adaptive.push({ policy, reporter });
          askedLast.add(index);
        },
        warn: (what) => onWarning(policy, what),
      });
      return { name: config.name, type: config.type, policy: build(config, contextIn(config.name)) };
    });
    walk.seal();
    this.adaptive = adaptive;
    this.#askedLast = askedLast;
    this.#stages = stagesOf(this.policies, askedLast);
    this.#stopAtFirst = sampleOnFirstMatch;
    this.#onFailure = onFailure;
  }

  /** Whether traces that are decided together share budgets, so that it matters which are. */
  get dividesBudgets(): boolean {
    return this.policies.some(({ policy }) => policy.prepare !== undefined);
  }

  /** Decides the traces of a batch; what comes back is by index in it, and valid until the next batch. */
  decide(batch: TraceBatch, stopwatch?: Stopwatch): readonly Readonly<TraceOutcome>[] {
    for (let index = 0; index < batch.size; index++) this.#reset(index);
    for (const stage of this.#stages) {
      const first = this.policies[stage[0]!]!.policy;
      const isLast = this.#askedLast.has(stage[0]!);
      if (first.prepare !== undefined) first.prepare(BatchPart.of(batch, (_trace, index) => !this.#isSettled(this.#outcomes[index]!, isLast)));
      for (let index = 0; index < batch.size; index++) {
        const outcome = this.#outcomes[index]!;
        if (this.#isSettled(outcome, isLast)) continue;
        const trace = batch.trace(index);
        for (const policy of stage) {
          this.#ask(policy, trace, outcome, stopwatch);
          if (this.#isSettled(outcome, isLast)) break;
        }
      }
    }
    return this.#outcomes;
  }

  #reset(index: number): void {
    const outcome = (this.#outcomes[index] ??= { outcomes: this.policies.map(() => 'not_asked'), decision: NOT_SAMPLED, decidedBy: NO_POLICY });
    outcome.outcomes.fill('not_asked');
    outcome.decision = NOT_SAMPLED;
    outcome.decidedBy = NO_POLICY;
  }

  /**
   * Whether nothing more is to be asked about a trace. What is kept by chance at the first match is still asked about last:
   * otherwise the probability would be that of one of the means by which it could have been kept.
   */
  #isSettled({ decision: { verdict, threshold } }: Readonly<TraceOutcome>, isLast: boolean): boolean {
    if (verdict !== 'sampled') return verdict === 'dropped';
    return isLast ? keepsAll(threshold) : this.#stopAtFirst;
  }

  #ask(index: number, trace: Trace, outcome: TraceOutcome, stopwatch: Stopwatch | undefined): void {
    const named = this.policies[index]!;
    const startMs = stopwatch?.now() ?? 0;
    try {
      const said = named.policy.evaluate(trace);
      outcome.outcomes[index] = said;
      if (said.verdict !== 'not_sampled') combine(said, index, outcome);
    } catch (error) {
      outcome.outcomes[index] = 'failed';
      this.#onFailure(named, error);
    }
    stopwatch?.took(index, stopwatch.now() - startMs);
  }
}

function combine(said: Decision, index: number, outcome: TraceOutcome): void {
  const { decision, decidedBy } = outcome;
  if (said.verdict === 'dropped' || decidedBy === NO_POLICY) {
    outcome.decision = said;
    outcome.decidedBy = index;
    return;
  }
  const threshold = lowerThreshold(decision.threshold, said.threshold);
  const first = index < decidedBy ? said : decision;
  outcome.decidedBy = Math.min(index, decidedBy);
  outcome.decision = first.threshold === threshold ? first : { ...first, threshold };
}

/** Those that can drop first; then as listed, but what is to be asked last. One that divides a budget begins a stage of its own. */
function stagesOf(policies: readonly NamedPolicy[], askedLast: ReadonlySet<number>): readonly (readonly number[])[] {
  const rank = (index: number): number => (policies[index]!.type === 'drop' ? 0 : askedLast.has(index) ? 2 : 1);
  const order = policies.map((_, index) => index).sort((a, b) => rank(a) - rank(b) || a - b);
  const stages: number[][] = [];
  for (const index of order) {
    const divides = policies[index]!.policy.prepare !== undefined;
    const last = stages.at(-1);
    if (divides || last === undefined) stages.push([index]);
    else last.push(index);
  }
  return stages;
}

function build(config: PolicyConfig, context: PolicyContext): Policy {
  return policyTypeOf(config.type).build(config[config.type], context);
}
