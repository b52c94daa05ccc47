import { z } from 'zod';
import { count, durationMs, endpoint } from '../../config/fields.ts';
import { removedKeys } from '../../config/removed-keys.ts';
import { serverTls } from '../../config/tls.ts';

const checkCollectorPipeline = z
  .strictObject({
    enabled: z.boolean().default(false).describe('Accepted and without effect'),
    interval: durationMs.prefault('5m').describe('Accepted and without effect'),
    exporter_failure_threshold: count.default(5).describe('Accepted and without effect'),
  })
  .describe('Accepted and without effect, as in the Collector: the state of the service is reported, not that of its exporters');

export const healthCheckConfig = z
  .strictObject({
    endpoint: endpoint.default('localhost:13133').describe('Address the health page is served at'),
    path: z
      .string()
      .startsWith('/', 'must start with /')
      .default('/')
      .describe('Path of the health page; one that ends in / stands for every path below it'),
    response_body: z
      .strictObject({
        healthy: z.string().default('').describe('Body while the service is ready'),
        unhealthy: z.string().default('').describe('Body while it is not'),
      })
      .optional()
      .describe('Fixed bodies in place of the JSON report'),
    tls: serverTls.optional().describe('Serves HTTPS with this certificate'),
    check_collector_pipeline: checkCollectorPipeline.prefault({}),
  })
  .register(removedKeys, { port: 'endpoint: localhost:13133' });

export type HealthCheckConfig = z.output<typeof healthCheckConfig>;
