import { z } from 'zod';
import { count, durationMs, endpoint } from '../../config/fields.ts';
import { unsupportedKeys } from '../../config/removed-keys.ts';
import { serverTls } from '../../config/tls.ts';

const bufferSize = count.optional().describe('Accepted for the sake of existing files, without effect: Node.js sizes its socket buffers itself');

/** The Collector hands request metadata to processors that can use it; there are none here. */
const includeMetadata = z.boolean().default(false).describe('Accepted and without effect: no component here reads request metadata');

/** Where the Collector takes 0 for no limit. */
const limitMs = durationMs.optional().transform((ms) => (ms === 0 ? undefined : ms));

/** Where the Collector takes 0 for its default. */
const durationOr = (text: string, ms: number) => durationMs.prefault(text).transform((given) => (given === 0 ? ms : given));

const MINUTE_MS = 60_000;

const keepalive = z.strictObject({
  server_parameters: z
    .strictObject({
      max_connection_idle: limitMs.describe('A connection without requests for this long is closed; absent or 0: never'),
      max_connection_age: limitMs.describe('A connection older than this is closed when its requests are done; absent or 0: never'),
      max_connection_age_grace: limitMs.describe('How long requests may go on after max_connection_age; absent or 0: as long as they want'),
      time: durationOr('2h', 120 * MINUTE_MS).describe('A connection that has been silent for this long is pinged'),
      timeout: durationOr('20s', MINUTE_MS / 3).describe('A connection that does not answer a ping for this long is closed'),
    })
    .optional()
    .describe('When the server closes connections'),
  enforcement_policy: z
    .strictObject({
      min_time: durationOr('5m', 5 * MINUTE_MS).describe('Least time between two pings of a client'),
      permit_without_stream: z.boolean().default(false).describe('Whether clients may ping while they have no request under way'),
    })
    .optional()
    .describe('A client that pings more often is disconnected; absent: they may ping as often as they want'),
});

const grpc = z
  .strictObject({
    endpoint: endpoint.default('localhost:4317').describe('Where to listen, `host:port`; without a host on every address'),
    transport: z
      .literal('tcp', 'must be tcp: unix sockets are not supported')
      .default('tcp')
      .describe('Only tcp'),
    max_recv_msg_size_mib: z.number().positive().max(2047).default(64).describe('Largest request in MiB, after decompression'),
    max_concurrent_streams: count
      .max(0xffff_ffff)
      .optional()
      .transform((streams) => (streams === 0 ? undefined : streams))
      .describe('Requests at once on one connection; absent or 0: no limit'),
    read_buffer_size: bufferSize,
    write_buffer_size: bufferSize,
    keepalive: keepalive.optional().describe('How connections are kept alive and when they are closed'),
    tls: serverTls.optional().describe('Listen with TLS; absent: without'),
    include_metadata: includeMetadata,
  })
  .register(unsupportedKeys, {
    auth: 'authenticators are not supported yet; require client certificates with tls: {client_ca_file}',
    middlewares: 'middleware extensions are not supported',
  });

const cors = z.strictObject({
  allowed_origins: z
    .array(z.string())
    .optional()
    .describe('Origins whose pages may send, each with at most one `*`; `*` alone stands for all. Empty: none'),
  allowed_headers: z.array(z.string()).optional().describe('Headers they may set beside Accept, Content-Type and X-Requested-With; `*` stands for all'),
  exposed_headers: z.array(z.string()).optional().describe('Headers of answers that pages may read beside the safe ones'),
  max_age: count.optional().describe('For how many seconds browsers may remember that they may send; absent: as they like'),
});

/** What bodies may be compressed with. */
export const CONTENT_ENCODINGS = ['', 'gzip', 'zstd', 'zlib', 'deflate'] as const;

/** The Collector's others, which Node.js does not have: a list may name them, bodies with them are answered 415. */
const OTHER_ENCODINGS = ['snappy', 'x-snappy-framed', 'lz4'] as const;

const urlPath = (path: string) => z.string().regex(/^\//, 'must begin with /').default(path);

const http = z
  .strictObject({
    endpoint: endpoint.default('localhost:4318').describe('Where to listen, `host:port`; without a host on every address'),
    traces_url_path: urlPath('/v1/traces').describe('Path of requests with traces'),
    metrics_url_path: urlPath('/v1/metrics').describe('Path of requests with metrics'),
    logs_url_path: urlPath('/v1/logs').describe('Path of requests with logs'),
    max_request_body_size: count
      .default(64 * 1024 * 1024)
      .transform((bytes) => (bytes === 0 ? 64 * 1024 * 1024 : bytes))
      .describe('Largest request in bytes, before and after decompression; 0 is the default'),
    compression_algorithms: z
      .array(z.enum([...CONTENT_ENCODINGS, ...OTHER_ENCODINGS]))
      .default([...CONTENT_ENCODINGS])
      .describe('Values of Content-Encoding that are taken, the empty one for none; snappy and lz4 may be named and are not taken'),
    cors: cors.optional().describe('Which web pages may send; absent: none'),
    tls: serverTls.optional().describe('Listen with TLS; absent: without'),
    response_headers: z.record(z.string(), z.string()).default({}).describe('Headers that every answer carries'),
    read_timeout: durationMs.prefault('5m').describe('Longest time for a whole request to arrive; 0: no limit'),
    read_header_timeout: durationMs.prefault('1m').describe("Longest time for a request's headers to arrive; 0: no limit"),
    write_timeout: durationMs.prefault('30s').describe('Accepted for the sake of existing files, without effect: answers are a few bytes'),
    idle_timeout: durationMs.prefault('1m').describe('A connection without requests for this long is closed; 0: never'),
    keep_alives_enabled: z.boolean().default(true).describe('Whether connections serve more than one request'),
    include_metadata: includeMetadata,
  })
  .register(unsupportedKeys, {
    auth: 'authenticators are not supported yet; require client certificates with tls: {client_ca_file}',
    middlewares: 'middleware extensions are not supported',
    transport: 'only tcp is supported, and needs no key',
  });

export const otlpReceiverConfig = z.strictObject({
  protocols: z
    .strictObject({
      grpc: grpc.optional().describe('Listen for OTLP over gRPC'),
      http: http.optional().describe('Listen for OTLP over HTTP, as protobuf and as JSON'),
    })
    .refine((protocols) => protocols.grpc !== undefined || protocols.http !== undefined, 'must have grpc or http, or both')
    .describe('What to listen for; at least one of the two'),
});

export type OtlpReceiverConfig = z.output<typeof otlpReceiverConfig>;
export type GrpcConfig = z.output<typeof grpc>;
export type HttpConfig = z.output<typeof http>;
export type CorsConfig = z.output<typeof cors>;
export type ContentEncoding = (typeof CONTENT_ENCODINGS)[number];
