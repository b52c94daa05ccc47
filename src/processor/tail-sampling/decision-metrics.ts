import type { Counter, Histogram, Meter, MetricDefinition } from '../../component/meter.ts';
import type { Clock } from '../../internal/clock.ts';
import { metrics } from './metrics.ts';
import type { Verdict } from './policy/policy.ts';
import type { NamedPolicy, Stopwatch, TraceOutcome } from './policy/policy-set.ts';
import { probabilityOf } from './policy/threshold.ts';
import { type Trigger, TRIGGERS } from './window/trigger.ts';

/** Looking at the clock costs as much as a cheap policy. */
const MEASURED_EACH = 16;

type ByVerdict = Readonly<Record<Verdict, Counter>>;

interface PolicyCounters {
  readonly traces: ByVerdict;
  readonly spans: ByVerdict;
  readonly keptTraces: Counter;
  readonly keptSpans: Counter;
  readonly keptBytes: Counter;
  readonly probability: Histogram;
  readonly estimatedTraces: Counter;
  readonly executions: Counter;
  readonly executionTime: Counter;
  readonly errors: Counter;
}

/** Counts decisions: one place for all handles, made at start. */
export class DecisionMetrics implements Stopwatch {
  readonly #policies: readonly PolicyCounters[];
  readonly #global: ByVerdict;
  readonly #triggers: Readonly<Record<Trigger, Counter>>;

  readonly #clock: Clock;
  #untilMeasured = 0;

  constructor(meter: Meter, processor: string, policies: readonly NamedPolicy[], clock: Clock) {
    this.#clock = clock;
    const byVerdict = (definition: MetricDefinition, labels: Readonly<Record<string, string>>): ByVerdict => {
      const counter = (verdict: Verdict): Counter =>
        meter.counter(definition, { ...labels, sampled: String(verdict === 'sampled'), decision: verdict });
      return { sampled: counter('sampled'), not_sampled: counter('not_sampled'), dropped: counter('dropped') };
    };
    this.#policies = policies.map(({ name: policy }) => ({
      traces: byVerdict(metrics.countTracesSampled, { processor, policy }),
      spans: byVerdict(metrics.countSpansSampled, { processor, policy }),
      keptTraces: meter.counter(metrics.keptTraces, { processor, policy }),
      keptSpans: meter.counter(metrics.keptSpans, { processor, policy }),
      keptBytes: meter.counter(metrics.keptBytes, { processor, policy }),
      probability: meter.histogram(metrics.samplingProbability, { processor, policy }),
      estimatedTraces: meter.counter(metrics.estimatedTraces, { processor, policy }),
      executions: meter.counter(metrics.policyExecutionCount, { processor, policy }),
      executionTime: meter.counter(metrics.policyExecutionTime, { processor, policy }),
      errors: meter.counter(metrics.policyEvaluationError, { processor, policy }),
    }));
    this.#global = byVerdict(metrics.globalCountTracesSampled, { processor });
    const trigger = (name: Trigger): Counter => meter.counter(metrics.decisions, { processor, trigger: name });
    this.#triggers = Object.fromEntries(TRIGGERS.map((name) => [name, trigger(name)])) as Record<Trigger, Counter>;
  }

  /** Counts one decision and what each policy said. */
  record(outcome: Readonly<TraceOutcome>, trigger: Trigger, spanCount: number): void {
    this.recordOpinions(outcome, spanCount);
    const { decision, decidedBy } = outcome;
    this.recordUnasked(decision.verdict, trigger);
    if (decision.verdict !== 'sampled') return;
    const counters = this.#policies[decidedBy]!;
    counters.keptTraces.add(1);
    counters.keptSpans.add(spanCount);
    if (decision.threshold === undefined) return;
    const probability = probabilityOf(decision.threshold);
    counters.probability.record(probability);
    counters.estimatedTraces.add(1 / probability);
  }

  /** Counts what each policy said, where that decides nothing yet. */
  recordOpinions({ outcomes }: Readonly<TraceOutcome>, spanCount: number): void {
    for (let index = 0; index < outcomes.length; index++) {
      const outcome = outcomes[index]!;
      if (outcome === 'not_asked') continue;
      const counters = this.#policies[index]!;
      counters.executions.add(1);
      if (outcome === 'failed') {
        counters.errors.add(1);
        continue;
      }
      counterOf(counters.traces, outcome.verdict).add(1);
      counterOf(counters.spans, outcome.verdict).add(spanCount);
    }
  }

  /** Counts a decision that no policy was asked for. */
  recordUnasked(verdict: Verdict, trigger: Trigger): void {
    counterOf(this.#global, verdict).add(1);
    this.#triggers[trigger].add(1);
  }

  /** Bytes of a kept trace, or of late spans of one, on their way out; by policy NO_POLICY nobody's. */
  addKeptBytes(policy: number, bytes: number): void {
    this.#policies[policy]?.keptBytes.add(bytes);
  }

  /** Late spans kept by an earlier decision. */
  addLate(policy: number, spanCount: number): void {
    this.#triggers.late.add(1);
    this.#policies[policy]?.keptSpans.add(spanCount);
  }

  /** The stopwatch for the next batch: for one in MEASURED_EACH, whose times stand for those of all. */
  stopwatch(): Stopwatch | undefined {
    if (this.#untilMeasured-- > 0) return undefined;
    this.#untilMeasured = MEASURED_EACH - 1;
    return this;
  }

  now(): number {
    return this.#clock.monotonic();
  }

  took(policy: number, ms: number): void {
    this.#policies[policy]!.executionTime.add(ms * 1000 * MEASURED_EACH);
  }
}

/** Looking a property up by a name that varies costs more than all else here, for each policy and trace. */
function counterOf(counters: ByVerdict, verdict: Verdict): Counter {
  switch (verdict) {
    case 'sampled':
      return counters.sampled;
    case 'not_sampled':
      return counters.not_sampled;
    case 'dropped':
      return counters.dropped;
  }
}

