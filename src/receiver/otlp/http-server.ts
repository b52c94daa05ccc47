import type { IncomingMessage, RequestListener, Server, ServerOptions, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Deadline } from '../../component/component.ts';
import { loadServerTls } from '../../config/tls.ts';
import { ConsumeError, toConsumeError } from '../../consumer/consume-error.ts';
import { httpStatusOf } from '../../consumer/status.ts';
import type { Clock } from '../../internal/clock.ts';
import { messageOf } from '../../internal/message-of.ts';
import { requestFromJson } from '../../pdata/json/request-json.ts';
import type { Signal } from '../../pdata/otlp/signal.ts';
import { CONTENT_ENCODINGS, type ContentEncoding, type HttpConfig } from './config.ts';
import { Cors } from './cors.ts';
import { decompress } from './decompress.ts';
import { stopGracefully } from './graceful-stop.ts';
import type { MediaType } from './http-answer.ts';
import { answerError, answerSuccess, mediaTypeOf } from './http-answer.ts';
import type { Intake } from './intake.ts';
import type { Listening } from './listen.ts';
import { listen } from './listen.ts';
import type { RefusalReason, TransportCounters } from './receive-counters.ts';

/** OTLP over HTTP (opentelemetry-proto, `docs/specification.md`, "OTLP/HTTP"). */
export class HttpServer {
  readonly #config: HttpConfig;
  readonly #intakes: ReadonlyMap<string, Intake>;
  readonly #counters: TransportCounters;
  readonly #cors: Cors | undefined;
  readonly #encodings: ReadonlyMap<string, ContentEncoding>;
  #listening: Listening | undefined;
  #isStopping = false;

  /** Serves the signals of `intakes`; the path of any other is not found. */
  constructor(config: HttpConfig, intakes: readonly Intake[], counters: TransportCounters) {
    this.#config = config;
    const paths: Readonly<Record<Signal, string>> = {
      traces: config.traces_url_path,
      metrics: config.metrics_url_path,
      logs: config.logs_url_path,
    };
    this.#intakes = new Map(intakes.map((intake) => [paths[intake.signal], intake]));
    this.#counters = counters;
    this.#cors = config.cors === undefined ? undefined : new Cors(config.cors);
    this.#encodings = new Map(CONTENT_ENCODINGS.filter((encoding) => config.compression_algorithms.includes(encoding)).map((encoding) => [encoding, encoding]));
  }

  /** `host:port`; undefined when it does not listen. */
  get address(): string | undefined {
    return this.#listening?.address;
  }

  /** @throws Error that names the key when it cannot listen or a file of `tls` is wrong. */
  async start(): Promise<void> {
    const create = serverOf(this.#config, (request, response) => this.#handle(request, response));
    this.#listening = await listen('protocols.http', this.#config.endpoint, create);
  }

  /** Takes no more requests, lets those under way finish, and breaks off what takes too long. */
  async shutdown(deadline: Deadline, clock: Clock): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    const listening = this.#listening;
    if (listening === undefined) return;
    const closed = listening.close();
    // Node.js holds a connection that has not sent a byte yet for one with a request under way.
    for (const socket of listening.sockets) {
      if (socket.bytesRead === 0) socket.destroy();
    }
    await stopGracefully(closed, () => listening.destroy(), deadline, clock);
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(this.#config.response_headers)) response.setHeader(name, value);
    if (!this.#config.keep_alives_enabled || this.#isStopping) response.shouldKeepAlive = false;
    if (this.#cors?.apply(request, response) === true) {
      request.resume();
      return;
    }
    const mediaType = mediaTypeOf(request.headers['content-type']);
    const intake = this.#intakes.get(pathOf(request));
    const encoding = this.#encodings.get((request.headers['content-encoding'] ?? '').trim().toLowerCase().replace(/^identity$/, ''));
    if (intake === undefined) {
      this.#refuse(request, response, mediaType, 404, 'unknown_path', `no pipeline takes what is sent to ${pathOf(request)}`);
    } else if (request.method !== 'POST') {
      response.setHeader('Allow', 'POST');
      this.#refuse(request, response, mediaType, 405, 'wrong_method', `method ${request.method} is not supported: use POST`);
    } else if (mediaType === undefined) {
      const message = `content type ${request.headers['content-type'] ?? '(none)'} is not supported: use application/x-protobuf or application/json`;
      this.#refuse(request, response, mediaType, 415, 'unsupported_content_type', message);
    } else if (encoding === undefined) {
      const known = [...this.#encodings.keys()].map((name) => name || 'identity').join(', ');
      response.setHeader('Accept-Encoding', known);
      const message = `content encoding ${request.headers['content-encoding'] ?? 'identity'} is not supported: use one of ${known}`;
      this.#refuse(request, response, mediaType, 415, 'unsupported_content_encoding', message);
    } else if (this.#isStopping) {
      this.#fail(request, response, mediaType, new ConsumeError('unavailable', 'the receiver is stopping'));
    } else {
      this.#read(request, response, (body) => void this.#receive(body, encoding, mediaType, intake, response));
    }
  }

  /** Collects the body, up to the limit; what comes beyond is not kept. */
  #read(request: IncomingMessage, response: ServerResponse, whole: (body: Uint8Array) => void): void {
    const maxBytes = this.#config.max_request_body_size;
    const mediaType = mediaTypeOf(request.headers['content-type']);
    const tooLarge = () => {
      this.#fail(request, response, mediaType, new ConsumeError('too_large', `the body is larger than ${maxBytes} bytes`));
    };
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      tooLarge();
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    const collect = (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        request.off('data', collect).off('end', finish);
        tooLarge();
        return;
      }
      chunks.push(chunk);
    };
    const finish = () => {
      const [only] = chunks;
      whole(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size));
    };
    request.on('data', collect).on('end', finish);
  }

  async #receive(body: Uint8Array, encoding: ContentEncoding, mediaType: MediaType, intake: Intake, response: ServerResponse): Promise<void> {
    let bytes: Uint8Array;
    try {
      bytes = await decompress(body, encoding, this.#config.max_request_body_size);
      if (mediaType === 'application/json') bytes = fromJson(intake.signal, bytes);
    } catch (error) {
      this.#fail(undefined, response, mediaType, toConsumeError(error));
      return;
    }
    intake.receive(bytes, false, (error, result) => {
      if (this.#isStopping) response.shouldKeepAlive = false;
      if (error === undefined) answerSuccess(response, mediaType, intake.signal, result);
      else answerError(response, httpStatusOf(error.code), mediaType, error);
    });
  }

  /** Answers a request that the intake has not seen. What is left of its body is read over, so that the sender reads the answer. */
  #fail(request: IncomingMessage | undefined, response: ServerResponse, mediaType: MediaType | undefined, error: ConsumeError): void {
    this.#counters.refuseRequest(error.code);
    answerError(response, httpStatusOf(error.code), mediaType, error);
    request?.resume();
  }

  /** The same for what is wrong with the request as HTTP. */
  #refuse(
    request: IncomingMessage,
    response: ServerResponse,
    mediaType: MediaType | undefined,
    status: number,
    reason: RefusalReason,
    message: string,
  ): void {
    this.#counters.refuseRequest(reason);
    answerError(response, status, mediaType, new ConsumeError('unimplemented', message));
    request.resume();
  }
}

function serverOf(config: HttpConfig, listener: RequestListener): () => Server {
  const options: ServerOptions = {
    requestTimeout: config.read_timeout,
    headersTimeout: config.read_header_timeout,
    keepAliveTimeout: config.idle_timeout,
    noDelay: true,
  };
  if (config.tls === undefined) return () => createServer(options, listener);
  const { context, requestCert } = loadServerTls(config.tls);
  return () => createTlsServer({ ...options, ...context, requestCert, rejectUnauthorized: requestCert }, listener);
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

function fromJson(signal: Signal, bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  try {
    return requestFromJson(signal, text);
  } catch (error) {
    throw new ConsumeError('malformed', `the request is no valid OTLP/JSON: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
