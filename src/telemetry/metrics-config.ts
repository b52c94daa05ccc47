import { z } from 'zod';
import { removedKeys, replacingKeys, unsupportedKeys } from '../config/removed-keys.ts';

const attributePatterns = z.array(z.string());

const prometheus = z
  .strictObject({
    host: z.string().default('localhost').describe('Address to listen at; 0.0.0.0 for every one'),
    port: z.number().int().min(0).max(65_535).default(8888).describe('Port to listen at; 0 takes a free one'),
    without_type_suffix: z.boolean().default(false).describe('Leave the suffix _total off the names of counters'),
    without_units: z.boolean().default(false).describe('Leave units such as _seconds and _bytes off names that do not contain them already'),
    without_scope_info: z.boolean().default(false).describe('Accepted and without effect: no series has labels of a scope'),
    with_resource_constant_labels: z
      .strictObject({
        included: attributePatterns.default([]).describe('Names of attributes; * and ? stand for any characters and any character'),
        excluded: attributePatterns.default([]).describe('Names that are left out again'),
      })
      .prefault({})
      .describe('Attributes of `service.telemetry.resource` that each series gets as labels'),
  })
  .describe('Serves the metrics at /metrics, as Prometheus text or OpenMetrics, whichever is asked for');

const reader = z
  .strictObject({
    pull: z.strictObject({ exporter: z.strictObject({ prometheus }) }).describe('Metrics that somebody scrapes'),
  })
  .register(unsupportedKeys, { periodic: 'metrics are not pushed; let Prometheus or a collector scrape a "pull" reader' })
  .register(replacingKeys, { periodic: 'pull' });

/** Without a word about readers, names keep their units off, as the Collector's default reader does. */
const DEFAULT_READER: z.input<typeof reader> = { pull: { exporter: { prometheus: { without_units: true } } } };

export const metricsTelemetryConfig = z
  .strictObject({
    level: z
      .string()
      .toLowerCase()
      .pipe(z.enum(['none', 'basic', 'normal', 'detailed']))
      .prefault('normal')
      .describe('none: no metrics are served. The other levels serve all of them'),
    readers: z.array(reader).prefault([DEFAULT_READER]).describe('Where the metrics can be had'),
  })
  .register(removedKeys, { address: 'readers: [{pull: {exporter: {prometheus: {host: localhost, port: 8888}}}}]' })
  .register(unsupportedKeys, { views: 'every metric is served; drop what you do not need where you scrape' })
  .superRefine((config, context) => {
    if (config.level === 'none' || config.readers.length > 0) return;
    context.addIssue({ code: 'custom', path: ['readers'], message: 'name a reader, or write level: none' });
  });

export type PrometheusConfig = z.output<typeof prometheus>;
