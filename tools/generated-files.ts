import { metrics as serviceMetrics } from '../src/service/metrics.ts';
import { registry } from '../src/service/registry.ts';
import { metrics as telemetryMetrics } from '../src/telemetry/metrics.ts';
import { configurationPage } from './configuration-page.ts';
import { editorSchema } from './editor-schema.ts';
import { metricsPage } from './metrics-page.ts';
import { policiesPage } from './policies-page.ts';

/** All files that are made from the code, by their path in the project. */
export function generatedFiles(): Readonly<Record<string, string>> {
  const sources = registry.components.map(({ kind, type, metrics }) => ({ title: `${kind} \`${type}\``, metrics }));
  return {
    'config/schema.json': `${JSON.stringify(editorSchema(registry), null, 2)}\n`,
    'docs/configuration.md': configurationPage(registry),
    'docs/policies.md': policiesPage(),
    'docs/metrics.md': metricsPage([
      ...sources,
      { title: 'Pipelines', metrics: serviceMetrics },
      { title: 'Process', metrics: telemetryMetrics },
    ]),
  };
}
