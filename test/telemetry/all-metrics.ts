import type { MetricTable } from '../../src/component/meter.ts';
import { registry as components } from '../../src/service/registry.ts';
import { MetricRegistry } from '../../src/telemetry/metric-registry.ts';
import { metrics as processMetrics } from '../../src/telemetry/metrics.ts';
import type { Naming } from '../../src/telemetry/prometheus-text.ts';
import { metricsText } from '../../src/telemetry/prometheus-text.ts';

/** One series of every metric that any component declares. */
export function metricsOfAllComponents(naming: Naming): Promise<string> {
  const registry = new MetricRegistry();
  const tables: readonly MetricTable[] = [processMetrics, ...components.components.map(({ metrics }) => metrics)];
  for (const table of tables) {
    for (const definition of Object.values(table)) {
      const labels = Object.fromEntries(definition.labels.map((label) => [label, 'x']));
      if (definition.kind === 'histogram') registry.histogram(definition, labels).record(1);
      else registry.counter(definition, labels).add(1);
    }
  }
  return metricsText(registry.families, naming, 'prometheus');
}
