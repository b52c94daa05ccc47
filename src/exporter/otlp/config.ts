import { z } from 'zod';
import { count, durationMs, endpoint as hostPort } from '../../config/fields.ts';
import { removedKeys, unsupportedKeys } from '../../config/removed-keys.ts';
import { clientTls } from '../../config/tls.ts';
import { compression, retryOnFailure, sendingQueue } from '../helper/config.ts';
import { headers } from '../helper/headers.ts';

const target = z.string().superRefine((value, context) => {
  const [, rest = value] = /^(?:https?:\/\/|passthrough:\/\/\/)(.*)$/.exec(value) ?? [];
  if (/^(?:dns|unix):./.test(value) || hostPort.safeParse(rest).success) return;
  context.addIssue({
    code: 'custom',
    message: `"${value}" is no gRPC endpoint: write host:port, as backend:4317; http://, https://, dns:/// and unix:// may stand before it`,
  });
});

const methods = z.enum(['gzip', 'none'], {
  error: ({ input }) =>
    input === 'zstd' || input === 'snappy' ? `gRPC in Node.js cannot compress with ${input}: write gzip or none, or use otlphttp` : undefined,
});

const keepalive = z.strictObject({
  time: durationMs.prefault('10s').describe('Ping the backend when nothing was heard for this long while requests are under way'),
  timeout: durationMs.prefault('10s').describe('Close the connection when a ping is not answered for this long'),
  permit_without_stream: z.boolean().default(false).describe('Ping also when no request is under way'),
});

export const otlpExporterSchema = z
  .strictObject({
    endpoint: target.describe('Where the backend takes OTLP over gRPC: host:port'),
    tls: clientTls.prefault({}).describe('TLS is on unless `insecure: true`'),
    compression: compression(methods).prefault('gzip').describe('How requests are compressed: gzip or none'),
    timeout: durationMs.prefault('5s').describe('Time for one attempt; 0: no limit'),
    headers: headers.prefault({}).describe('Metadata sent with each request'),
    retry_on_failure: retryOnFailure.prefault({}).describe('When and how often to try again'),
    sending_queue: sendingQueue.prefault({}).describe('What waits to be sent, and how it is joined into larger requests'),
    keepalive: keepalive.prefault({}).describe('How a dead connection is noticed'),
    balancer_name: z.enum(['round_robin', 'pick_first']).default('round_robin').describe('How requests are spread over the addresses of the endpoint'),
    wait_for_ready: z.boolean().default(false).describe('While there is no connection let an attempt wait for one until its timeout'),
    authority: z.string().optional().describe('The `:authority` header; absent: host and port of the endpoint'),
    read_buffer_size: count.optional().describe('Without effect: Node.js sizes its buffers itself'),
    write_buffer_size: count.optional().describe('Without effect: Node.js sizes its buffers itself'),
  })
  .register(removedKeys, {
    insecure: 'tls: {insecure: true}',
    insecure_skip_verify: 'tls: {insecure_skip_verify: true}',
    ca_file: 'tls: {ca_file: …}',
    cert_file: 'tls: {cert_file: …}',
    key_file: 'tls: {key_file: …}',
    server_name_override: 'tls: {server_name_override: …}',
    per_rpc_auth: 'headers: {authorization: "Bearer …"}',
  })
  .register(unsupportedKeys, {
    auth: 'authenticators are not supported; write headers: {authorization: "Bearer ${env:TOKEN}"}',
    middlewares: 'middlewares are not supported',
  });

export type OtlpExporterConfig = z.output<typeof otlpExporterSchema>;
