import type { ComponentSettings } from '../../component/factory.ts';
import type { MetricDefinition } from '../../component/meter.ts';
import { metrics } from './metrics.ts';
import type { AdaptiveReport, KindReport } from './policy/adaptive/adaptive-report.ts';
import type { NamedReporter } from './policy/policy-set.ts';

/** Publishes what adaptive policies say of themselves, whenever somebody scrapes. */
export function observeAdaptive(reporters: readonly NamedReporter[], { meter, clock, id: processor }: ComponentSettings): void {
  for (const { policy, reporter } of reporters) {
    const observe = (definition: MetricDefinition, read: (report: AdaptiveReport) => number): void =>
      void meter.observe(definition, { processor, policy }, () => read(reporter.report(clock.monotonic())));
    observe(metrics.adaptiveGoal, ({ goal }) => goal);
    observe(metrics.adaptiveAchieved, ({ achieved }) => achieved);
    observe(metrics.adaptiveGuardInterventions, ({ guardInterventions }) => guardInterventions);
    observe(metrics.adaptiveKinds, ({ kindCount }) => kindCount);
    const observeKinds = (definition: MetricDefinition, read: (kind: KindReport) => number): void =>
      void meter.observeAll(definition, () =>
        reporter.report(clock.monotonic()).kinds.map((kind) => ({ labels: { processor, policy, kind: kind.kind }, value: read(kind) })),
      );
    observeKinds(metrics.adaptiveKindRate, ({ rate }) => rate);
    observeKinds(metrics.adaptiveKindLoad, ({ load }) => load);
    observeKinds(metrics.adaptiveKindKept, ({ kept }) => kept);
  }
}
