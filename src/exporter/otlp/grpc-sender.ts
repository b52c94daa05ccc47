import { createSecureContext } from 'node:tls';
import type { ChannelCredentials, ChannelOptions, ServiceError } from '@grpc/grpc-js';
import { Client, compressionAlgorithms, credentials, Metadata, status } from '@grpc/grpc-js';
import type { Logger } from '../../component/logger.ts';
import { loadClientTls } from '../../config/tls.ts';
import { ConsumeError } from '../../consumer/consume-error.ts';
import { errorFromGrpcStatus } from '../../consumer/status.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import type { Signal } from '../../pdata/otlp/signal.ts';
import type { ExportMethod } from '../../pdata/service/export-method.ts';
import { exportMethod } from '../../pdata/service/export-method.ts';
import { decodeExportResponse } from '../../pdata/service/export-response.ts';
import { decodeRpcStatus } from '../../pdata/service/rpc-status.ts';
import type { Attempt, Sender, SendResult } from '../helper/sender.ts';
import { TAKEN } from '../helper/sender.ts';
import type { OtlpExporterConfig } from './config.ts';

/** So that a backend which comes back is noticed between two of our own retries; grpc-js would wait up to two minutes. */
const MAX_RECONNECT_BACKOFF_MS = 10_000;

/** What gRPC servers of several languages say with RESOURCE_EXHAUSTED when a message is beyond their limit. */
const TOO_LARGE = /larger than max|exceeds maximum size|too large/i;

/** Sends requests of one signal to one gRPC endpoint: the bytes as they are, through one channel. */
export class GrpcSender implements Sender {
  readonly destination: string;
  readonly #config: OtlpExporterConfig;
  readonly #logger: Logger;
  readonly #method: ExportMethod;
  readonly #metadata: Metadata;
  #client: Client | undefined;

  constructor(config: OtlpExporterConfig, signal: Signal, logger: Logger) {
    this.destination = config.endpoint;
    this.#config = config;
    this.#logger = logger;
    this.#method = exportMethod(signal);
    this.#metadata = new Metadata({ waitForReady: config.wait_for_ready });
    for (const [name, value] of Object.entries(config.headers)) this.#metadata.set(name, value);
  }

  async start(): Promise<void> {
    const { endpoint, tls } = this.#config;
    if (endpoint.startsWith('http://') && !tls.insecure) {
      this.#logger.warn({ endpoint }, 'The endpoint says http:// and TLS is on; for a connection without TLS write tls: {insecure: true}');
    }
    this.#client = new Client(targetOf(endpoint), channelCredentials(this.#config), channelOptions(this.#config));
  }

  send(request: ExportRequest, { signal, timeoutMs }: Attempt): Promise<SendResult> {
    const client = this.#client;
    if (client === undefined) return Promise.reject(new ConsumeError('unavailable', 'not started'));
    const { path, requestSerialize, responseDeserialize } = this.#method;
    const metadata = this.#metadataOf(timeoutMs);
    return new Promise((resolve, reject) => {
      const call = client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request.bytes, metadata, (error, response) => {
        signal.removeEventListener('abort', cancel);
        if (error === null) resolve(this.#resultOf(response));
        else reject(errorOf(error));
      });
      const cancel = (): void => call.cancel();
      signal.addEventListener('abort', cancel);
    });
  }

  async close(): Promise<void> {
    this.#client?.close();
  }

  /** grpc-js' own deadline would run on a clock that is not ours: `signal` ends the attempt, and the backend is told here. */
  #metadataOf(timeoutMs: number | undefined): Metadata {
    if (timeoutMs === undefined) return this.#metadata;
    const metadata = this.#metadata.clone();
    metadata.set('grpc-timeout', grpcTimeout(timeoutMs));
    return metadata;
  }

  /** An answer that cannot be read is still an answer with status OK: the request was taken and must not come again. */
  #resultOf(response: Uint8Array | undefined): SendResult {
    if (response === undefined) return TAKEN;
    try {
      return decodeExportResponse(response);
    } catch (error) {
      this.#logger.debug({ error: String(error) }, 'The backend answered OK with something that is no export response');
      return TAKEN;
    }
  }
}

/** At most eight digits and a unit. https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
function grpcTimeout(ms: number): string {
  return ms < 1e8 ? `${Math.ceil(ms)}m` : `${Math.min(Math.ceil(ms / 1000), 99_999_999)}S`;
}

/** The endpoint as grpc-js names targets. */
function targetOf(endpoint: string): string {
  return endpoint.replace(/^(?:https?:\/\/|passthrough:\/\/\/)/, '');
}

/** As in the Collector `https://` asks for TLS even beside `insecure`, and `http://` alone does not turn it off. */
function channelCredentials({ endpoint, tls: config }: OtlpExporterConfig): ChannelCredentials {
  const tls = loadClientTls(config);
  if (tls !== undefined) {
    return credentials.createFromSecureContext(createSecureContext(tls.context), { rejectUnauthorized: tls.rejectUnauthorized });
  }
  return endpoint.startsWith('https://') ? credentials.createSsl() : credentials.createInsecure();
}

function channelOptions(config: OtlpExporterConfig): ChannelOptions {
  const { keepalive, tls, authority, compression, balancer_name: balancer } = config;
  return {
    'grpc.primary_user_agent': 'tailrace',
    // The batch decides how large a message is, the backend what it takes.
    'grpc.max_send_message_length': -1,
    // gRPC's own retries know neither RetryInfo nor our deadline.
    'grpc.enable_retries': 0,
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ [balancer]: {} }] }),
    'grpc.service_config_disable_resolution': 1,
    'grpc.max_reconnect_backoff_ms': MAX_RECONNECT_BACKOFF_MS,
    // Channels to one address would share a connection, and with it the flow control of each other's signal.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.keepalive_time_ms': keepalive.time,
    'grpc.keepalive_timeout_ms': keepalive.timeout,
    'grpc.keepalive_permit_without_calls': keepalive.permit_without_stream ? 1 : 0,
    ...(compression === 'gzip' ? { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip } : {}),
    ...(tls.server_name_override === undefined ? {} : { 'grpc.ssl_target_name_override': tls.server_name_override }),
    ...(authority === undefined ? {} : { 'grpc.default_authority': authority }),
  };
}

function errorOf(error: ServiceError): ConsumeError {
  const message = `${status[error.code]}: ${error.details}`;
  const retryDelayMs = retryDelayOf(error.metadata);
  if (error.code === status.RESOURCE_EXHAUSTED && retryDelayMs === undefined && TOO_LARGE.test(error.details)) {
    return new ConsumeError('too_large', message);
  }
  return errorFromGrpcStatus(error.code, message, retryDelayMs);
}

/** RetryInfo of the trailer `grpc-status-details-bin`; undefined when there is none. */
function retryDelayOf(metadata: Metadata | undefined): number | undefined {
  const [details] = metadata?.get('grpc-status-details-bin') ?? [];
  if (!Buffer.isBuffer(details)) return undefined;
  try {
    return decodeRpcStatus(details).retryDelayMs;
  } catch {
    return undefined;
  }
}
