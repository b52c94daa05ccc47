import type { ComponentSettings } from '../../component/factory.ts';
import type { Counter, MetricDefinition } from '../../component/meter.ts';
import { metrics } from './metrics.ts';
import type { PolicyConfig } from './policy/policy-type.ts';
import { PolicySet } from './policy/policy-set.ts';
import type { Verdict } from './policy/policy.ts';
import type { TraceBatch } from './policy/trace.ts';

type ByVerdict = Readonly<Record<Verdict, Counter>>;

/** A second list of policies, which sees every trace that is decided, is counted, and changes nothing. */
export class Shadow {
  readonly #policies: PolicySet;
  readonly #traces: ByVerdict;
  readonly #spans: ByVerdict;
  readonly #byPolicy: readonly ByVerdict[];

  constructor(configs: readonly PolicyConfig[], sampleOnFirstMatch: boolean, { meter, id: processor }: ComponentSettings) {
    // What fails is visible in that it says nothing; it must not disturb the log of the real policies.
    this.#policies = new PolicySet(configs, sampleOnFirstMatch, () => undefined);
    const byVerdict = (definition: MetricDefinition, labels: Readonly<Record<string, string>>): ByVerdict => {
      const counter = (decision: Verdict): Counter => meter.counter(definition, { ...labels, decision });
      return { sampled: counter('sampled'), not_sampled: counter('not_sampled'), dropped: counter('dropped') };
    };
    this.#traces = byVerdict(metrics.shadowTraces, { processor });
    this.#spans = byVerdict(metrics.shadowSpans, { processor });
    this.#byPolicy = configs.map(({ name: policy }) => byVerdict(metrics.shadowPolicyTraces, { processor, policy }));
  }

  observe(batch: TraceBatch): void {
    const results = this.#policies.decide(batch);
    for (let index = 0; index < batch.size; index++) {
      const { decision, outcomes } = results[index]!;
      this.#traces[decision.verdict].add(1);
      this.#spans[decision.verdict].add(batch.trace(index).spanCount);
      outcomes.forEach((outcome, policy) => {
        if (typeof outcome === 'object') this.#byPolicy[policy]![outcome.verdict].add(1);
      });
    }
  }
}
