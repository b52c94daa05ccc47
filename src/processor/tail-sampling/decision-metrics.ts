import type { Counter, Meter, MetricDefinition } from '../../component/meter.ts';
import type { Clock } from '../../internal/clock.ts';
import { metrics } from './metrics.ts';
import type { Decision, Verdict } from './policy/policy.ts';
import type { NamedPolicy, PolicySet, Stopwatch } from './policy/policy-set.ts';
import type { Trace } from './policy/trace.ts';
import type { Trigger } from './window/trace-table.ts';

const TRIGGERS: readonly Trigger[] = ['decision_wait', 'root_received', 'idle', 'too_large', 'evicted', 'late', 'shutdown'];

/** Looking at the clock costs as much as a cheap policy. */
const MEASURED_EACH = 16;

type ByVerdict = Readonly<Record<Verdict, Counter>>;

interface PolicyCounters {
  readonly traces: ByVerdict;
  readonly spans: ByVerdict;
  readonly keptSpans: Counter;
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
      keptSpans: meter.counter(metrics.keptSpans, { processor, policy }),
      executions: meter.counter(metrics.policyExecutionCount, { processor, policy }),
      executionTime: meter.counter(metrics.policyExecutionTime, { processor, policy }),
      errors: meter.counter(metrics.policyEvaluationError, { processor, policy }),
    }));
    this.#global = byVerdict(metrics.globalCountTracesSampled, { processor });
    const trigger = (name: Trigger): Counter => meter.counter(metrics.decisions, { processor, trigger: name });
    this.#triggers = Object.fromEntries(TRIGGERS.map((name) => [name, trigger(name)])) as Record<Trigger, Counter>;
  }

  /** Counts one decision and what each policy said; `policies` has just made it. */
  record(policies: PolicySet, decision: Decision, trigger: Trigger, spanCount: number): void {
    for (let index = 0; index < this.#policies.length; index++) {
      const outcome = policies.outcomes[index]!;
      if (outcome === 'not_asked') continue;
      const counters = this.#policies[index]!;
      counters.executions.add(1);
      if (outcome === 'failed') {
        counters.errors.add(1);
        continue;
      }
      counters.traces[outcome.verdict].add(1);
      counters.spans[outcome.verdict].add(spanCount);
    }
    this.recordUnasked(decision.verdict, trigger);
    if (decision.verdict === 'sampled') this.#policies[policies.decidedBy]!.keptSpans.add(spanCount);
  }

  /** Counts a decision that no policy was asked for. */
  recordUnasked(verdict: Verdict, trigger: Trigger): void {
    this.#global[verdict].add(1);
    this.#triggers[trigger].add(1);
  }

  /** Late spans kept by an earlier decision. */
  addLate(policy: number, spanCount: number): void {
    this.#triggers.late.add(1);
    this.#policies[policy]?.keptSpans.add(spanCount);
  }

  /** Evaluates, and for one trace in MEASURED_EACH takes the time of each policy for that of all. */
  measured(policies: PolicySet, trace: Trace): Decision {
    if (this.#untilMeasured-- > 0) return policies.evaluate(trace);
    this.#untilMeasured = MEASURED_EACH - 1;
    return policies.evaluate(trace, this);
  }

  now(): number {
    return this.#clock.monotonic();
  }

  took(policy: number, ms: number): void {
    this.#policies[policy]!.executionTime.add(ms * 1000 * MEASURED_EACH);
  }
}

