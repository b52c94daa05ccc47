import type { MetricDefinition, MetricTable } from '../src/component/meter.ts';
import { cell, table } from './markdown.ts';

const INTRODUCTION = `# Metrics reference

Every metric at \`service.telemetry.metrics\` (by default http://localhost:8888/metrics), made from the tables that publish
them (\`npm run generate\`). Names that begin with \`otelcol_\` are the Collector's and mean the same; those that begin with
\`tailrace_\` are Tailrace's own. The names are those of the Prometheus text: counters end in \`_total\` there. With a reader of your own that does not say
\`without_units: true\`, names end in their unit too (\`otelcol_process_uptime_seconds_total\`), as the Collector's do.

`;

/** Whose metrics, and their tables. */
export interface MetricSource {
  readonly title: string;
  readonly metrics: MetricTable;
}

/** `docs/metrics.md`. Metrics that several components share stand once, with the first. */
export function metricsPage(sources: readonly MetricSource[]): string {
  const seen = new Set<string>();
  let page = INTRODUCTION;
  for (const { title, metrics } of sources) {
    const definitions = Object.values(metrics).filter(({ name }) => !seen.has(name));
    if (definitions.length === 0) continue;
    for (const { name } of definitions) seen.add(name);
    page += `## ${title}\n\n${table(['Metric', 'Kind', 'Unit', 'Labels', 'Meaning'], definitions.map(rowOf))}\n`;
  }
  return page.trimEnd() + '\n';
}

function rowOf({ name, kind, unit, labels, help }: MetricDefinition): readonly string[] {
  const published = kind === 'counter' ? `${name}_total` : name;
  return [`\`${published}\``, kind, `\`${unit}\``, labels.map((label) => `\`${label}\``).join(', '), cell(help)];
}
