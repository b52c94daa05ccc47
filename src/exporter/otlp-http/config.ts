import { z } from 'zod';
import { crossField } from '../../config/cross-field.ts';
import { count, durationMs } from '../../config/fields.ts';
import { removedKeys, unsupportedKeys } from '../../config/removed-keys.ts';
import { clientTls } from '../../config/tls.ts';
import { zstdCompress } from '../../internal/zstd.ts';
import { compression, retryOnFailure, sendingQueue } from '../helper/config.ts';
import { headers } from '../helper/headers.ts';

const url = z.string().refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), {
  error: ({ input }) => `"${String(input)}" is no HTTP address: write http://host:port or https://host:port`,
});

const methods = z
  .enum(['gzip', 'zlib', 'deflate', 'zstd', 'none'])
  .refine((value) => value !== 'zstd' || zstdCompress !== undefined, `zstd needs Node.js 22.15 or newer, this is ${process.version}: write gzip`);

export const otlpHttpExporterSchema = z
  .strictObject({
    endpoint: url.optional().describe('Where the backend takes OTLP over HTTP; /v1/traces, /v1/metrics and /v1/logs are added'),
    traces_endpoint: url.optional().describe('Where traces go, taken as it is'),
    metrics_endpoint: url.optional().describe('Where metrics go, taken as it is'),
    logs_endpoint: url.optional().describe('Where logs go, taken as it is'),
    encoding: z.enum(['proto', 'json']).default('proto').describe('What the body is: protobuf, or OTLP/JSON'),
    compression: compression(methods).prefault('gzip').describe('How bodies are compressed: gzip, zlib, deflate, zstd or none'),
    compression_params: z
      .strictObject({ level: z.number().int().min(-1).max(9).default(-1).describe('1 fast to 9 small; -1: the method\'s own') })
      .prefault({})
      .describe('For gzip, zlib and deflate'),
    tls: clientTls.prefault({}).describe('For https:// endpoints'),
    timeout: durationMs.prefault('30s').describe('Time for one attempt; 0: no limit'),
    headers: headers.prefault({}).describe('Sent with each request'),
    retry_on_failure: retryOnFailure.prefault({}).describe('When and how often to try again'),
    sending_queue: sendingQueue.prefault({}).describe('What waits to be sent, and how it is joined into larger requests'),
    max_conns_per_host: count.default(0).describe('Connections at most; 0: as many as there are consumers'),
    max_idle_conns_per_host: count.optional().describe('Idle connections that are kept'),
    idle_conn_timeout: durationMs.prefault('90s').describe('Close a connection that was idle for this long'),
    disable_keep_alives: z.boolean().default(false).describe('Use each connection for one request'),
    http2_read_idle_timeout: durationMs.optional().describe('Without effect: requests are sent over HTTP/1.1'),
    http2_ping_timeout: durationMs.optional().describe('Without effect: requests are sent over HTTP/1.1'),
    force_attempt_http2: z.boolean().optional().describe('Without effect: requests are sent over HTTP/1.1'),
    max_idle_conns: count.optional().describe('Without effect: there is one host'),
    read_buffer_size: count.optional().describe('Without effect: Node.js sizes its buffers itself'),
    write_buffer_size: count.optional().describe('Without effect: Node.js sizes its buffers itself'),
  })
  .check(
    crossField(['endpoint', 'traces_endpoint', 'metrics_endpoint', 'logs_endpoint'], (config, context) => {
      if ([config.endpoint, config.traces_endpoint, config.metrics_endpoint, config.logs_endpoint].some((given) => given !== undefined)) return;
      context.addIssue({ code: 'custom', message: 'write endpoint, or traces_endpoint, metrics_endpoint, logs_endpoint' });
    }),
  )
  .register(removedKeys, {
    insecure: 'an endpoint with http://',
    insecure_skip_verify: 'tls: {insecure_skip_verify: true}',
    ca_file: 'tls: {ca_file: …}',
    cert_file: 'tls: {cert_file: …}',
    key_file: 'tls: {key_file: …}',
  })
  .register(unsupportedKeys, {
    auth: 'authenticators are not supported; write headers: {authorization: "Bearer ${env:TOKEN}"}',
    middlewares: 'middlewares are not supported',
    cookies: 'cookies are not kept',
    proxy_url: 'proxies are not supported',
    profiles_endpoint: 'profiles are not supported',
  });

export type OtlpHttpExporterConfig = z.output<typeof otlpHttpExporterSchema>;
