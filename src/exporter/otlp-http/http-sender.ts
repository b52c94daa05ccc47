import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { loadClientTls } from '../../config/tls.ts';
import { ConsumeError } from '../../consumer/consume-error.ts';
import { errorFromHttpStatus } from '../../consumer/status.ts';
import type { Clock } from '../../internal/clock.ts';
import { messageOf } from '../../internal/message-of.ts';
import { requestToJson } from '../../pdata/json/request-json.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import type { Signal } from '../../pdata/otlp/signal.ts';
import { encodedBy } from '../helper/encoding-error.ts';
import type { Attempt, Sender, SendResult } from '../helper/sender.ts';
import { errorMessageOf, resultOf } from './answer.ts';
import type { Compression } from './compression.ts';
import { compressionOf } from './compression.ts';
import type { OtlpHttpExporterConfig } from './config.ts';
import type { Answer } from './post.ts';
import { post } from './post.ts';
import { retryAfterMs } from './retry-after.ts';

/** Sends requests of one signal to one HTTP address, over connections that are kept. */
export class HttpSender implements Sender {
  readonly destination: string;
  readonly #config: OtlpHttpExporterConfig;
  readonly #clock: Clock;
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #compression: Compression | undefined;
  #agent: HttpAgent | undefined;

  /** @throws Error where the configuration has no address for `signal` */
  constructor(config: OtlpHttpExporterConfig, signal: Signal, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
    this.#url = urlFor(config, signal);
    // The address as it is, but for a password.
    this.destination = `${this.#url.origin}${this.#url.pathname}`;
    this.#compression = compressionOf(config);
    this.#headers = {
      'user-agent': 'tailrace',
      'content-type': config.encoding === 'json' ? 'application/json' : 'application/x-protobuf',
      ...(this.#compression === undefined ? {} : { 'content-encoding': this.#compression.contentEncoding }),
      ...config.headers,
    };
  }

  async start(): Promise<void> {
    this.#agent = createAgent(this.#url, this.#config);
  }

  async send(request: ExportRequest, { signal }: Attempt): Promise<SendResult> {
    if (this.#agent === undefined) throw new ConsumeError('unavailable', 'not started');
    const body = await this.#bodyOf(request);
    let answer: Answer;
    try {
      answer = await post(this.#url, body, this.#headers, this.#agent, signal);
    } catch (error) {
      throw new ConsumeError('unavailable', messageOf(error), { cause: error });
    }
    if (answer.status >= 200 && answer.status < 300) return resultOf(answer);
    throw this.#errorOf(answer);
  }

  async close(): Promise<void> {
    this.#agent?.destroy();
  }

  async #bodyOf({ signal, bytes }: ExportRequest): Promise<Uint8Array> {
    const encoded = this.#config.encoding === 'json' ? encodedBy(() => Buffer.from(requestToJson(signal, bytes))) : bytes;
    return this.#compression === undefined ? encoded : this.#compression.compress(encoded);
  }

  #errorOf(answer: Answer): ConsumeError {
    const { status, headers } = answer;
    const said = status >= 300 && status < 400 ? `redirects to ${headers.location ?? 'nowhere'}, which is not followed` : errorMessageOf(answer);
    const message = said === '' ? `HTTP ${status}` : `HTTP ${status}: ${said}`;
    return errorFromHttpStatus(status, message, retryAfterMs(headers['retry-after'], this.#clock.now()));
  }
}

function urlFor(config: OtlpHttpExporterConfig, signal: Signal): URL {
  const own = config[`${signal}_endpoint`];
  if (own !== undefined) return new URL(own);
  if (config.endpoint === undefined) throw new Error(`there is no address for ${signal}: write endpoint or ${signal}_endpoint`);
  return new URL(`${config.endpoint.replace(/\/$/, '')}/v1/${signal}`);
}

function createAgent(url: URL, config: OtlpHttpExporterConfig): HttpAgent {
  const options = {
    keepAlive: !config.disable_keep_alives,
    maxSockets: config.max_conns_per_host === 0 ? Number.POSITIVE_INFINITY : config.max_conns_per_host,
    ...(config.max_idle_conns_per_host === undefined ? {} : { maxFreeSockets: config.max_idle_conns_per_host }),
    ...(config.idle_conn_timeout === 0 ? {} : { timeout: config.idle_conn_timeout }),
  };
  if (url.protocol === 'http:') return new HttpAgent(options);
  const tls = loadClientTls(config.tls);
  if (tls === undefined) return new HttpsAgent(options);
  const servername = tls.serverName === undefined ? {} : { servername: tls.serverName };
  return new HttpsAgent({ ...options, ...tls.context, ...servername, rejectUnauthorized: tls.rejectUnauthorized });
}
