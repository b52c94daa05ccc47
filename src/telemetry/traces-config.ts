import { z } from 'zod';
import { count, text } from '../config/fields.ts';
import { unsupportedKeys } from '../config/removed-keys.ts';

const ONLY_OTLP = 'own traces are sent with OTLP: write batch: {exporter: {otlp: {protocol: grpc, endpoint: …}}}';

const headerList = z.array(z.strictObject({ name: z.string().min(1), value: text }));

const otlp = z
  .strictObject({
    protocol: z
      .enum(['grpc', 'grpc/protobuf'], { error: 'own traces are sent over gRPC only: write protocol: grpc' })
      .describe('grpc'),
    endpoint: z.string().min(1).describe('Where to send: host:port, or a URL with http:// or https://'),
    insecure: z.boolean().default(false).describe('Without a scheme in the endpoint: send without TLS'),
    headers: z
      .union([headerList, z.record(z.string(), text)])
      .default([])
      .describe('Metadata of each request: a list of {name, value}, or a map'),
    compression: z.enum(['gzip', 'none']).default('none').describe('Compression of the requests'),
    timeout: count.default(10_000).describe('Milliseconds after which a request is given up'),
    certificate: z.string().optional().describe('PEM file with the certificates that the destination is verified against'),
    client_certificate: z.string().optional().describe('PEM file with the own certificate'),
    client_key: z.string().optional().describe('PEM file with the key of the own certificate'),
  })
  .describe('Destination of the own traces');

const batch = z.strictObject({
  exporter: z.strictObject({ otlp }).register(unsupportedKeys, { console: ONLY_OTLP }),
  schedule_delay: count.default(5000).describe('Milliseconds that spans wait at most'),
  export_timeout: count.default(30_000).describe('Milliseconds that one sending may take'),
  max_queue_size: count.min(1).default(2048).describe('Spans that wait at most; more are dropped'),
  max_export_batch_size: count.min(1).default(512).describe('Spans in one request at most'),
});

const always = z.strictObject({}).nullable().optional();
const root = {
  always_on: always.describe('Records every operation'),
  always_off: always.describe('Records none'),
  trace_id_ratio_based: z.strictObject({ ratio: z.number().min(0).max(1).describe('Part of the operations, 0 to 1') }).optional().describe('Records a random part'),
};
const parentBased = z
  .strictObject({
    root: z.strictObject(root).optional().describe('How operations are chosen: those of Tailrace have no parent'),
    remote_parent_sampled: z.unknown().optional().describe('Accepted and without effect'),
    remote_parent_not_sampled: z.unknown().optional().describe('Accepted and without effect'),
    local_parent_sampled: z.unknown().optional().describe('Accepted and without effect'),
    local_parent_not_sampled: z.unknown().optional().describe('Accepted and without effect'),
  })
  .optional();

export const tracesTelemetryConfig = z.strictObject({
  level: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['none', 'basic', 'normal', 'detailed']))
    .prefault('basic')
    .describe('none: no traces. The other levels send the same'),
  processors: z
    .array(z.strictObject({ batch }).register(unsupportedKeys, { simple: ONLY_OTLP }))
    .default([])
    .describe('Where own traces go; without any, none are made'),
  sampler: z
    .strictObject({ ...root, parent_based: parentBased.describe('As `root` says') })
    .prefault({})
    .describe('Which operations are recorded; all where nothing is written'),
  propagators: z
    .array(z.enum(['tracecontext', 'b3']))
    .default([])
    .describe('Accepted and without effect: the context of received requests is data, never a parent'),
});

export type TracesTelemetryConfig = z.output<typeof tracesTelemetryConfig>;
export type TraceBatchConfig = z.output<typeof batch>;
export type TraceDestinationConfig = z.output<typeof otlp>;

/** The part of operations that is recorded, 0 to 1. */
export function sampledRatio({ sampler }: TracesTelemetryConfig): number {
  const chosen = sampler.parent_based?.root ?? sampler;
  if (chosen.always_off !== undefined) return 0;
  return chosen.trace_id_ratio_based?.ratio ?? 1;
}
