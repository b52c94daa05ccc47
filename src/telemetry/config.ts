import { z } from 'zod';
import { logsTelemetryConfig } from './logs-config.ts';
import { metricsTelemetryConfig } from './metrics-config.ts';
import { tracesTelemetryConfig } from './traces-config.ts';

const attribute = z.union([z.string(), z.number(), z.boolean()]);

/** As the declarative configuration of the OpenTelemetry SDKs writes it. */
const declaredResource = z.strictObject({
  attributes: z.array(z.strictObject({ name: z.string().min(1), value: attribute, type: z.string().optional() })),
  schema_url: z.string().optional(),
});

/** `service.telemetry`: what Tailrace says about itself. */
export const telemetryConfig = z.strictObject({
  metrics: metricsTelemetryConfig.prefault({}).describe('Own metrics'),
  logs: logsTelemetryConfig.prefault({}).describe('Own log'),
  traces: tracesTelemetryConfig.prefault({}).describe('Own traces; off unless a processor is named'),
  resource: z
    .union([declaredResource, z.record(z.string(), attribute.nullable())])
    .default({})
    .describe('Attributes of this process, beside service.name, service.version and service.instance.id; null takes one of these away'),
});

export type TelemetryConfig = z.output<typeof telemetryConfig>;
