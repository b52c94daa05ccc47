import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { ConsumeError } from '../../../consumer/consume-error.ts';
import { decompress } from '../decompress.ts';
import type { RefusalReason } from '../receive-counters.ts';
import { GRPC_INVALID_ARGUMENT, GRPC_RESOURCE_EXHAUSTED, GRPC_UNIMPLEMENTED, type GrpcFailure } from './grpc-status.ts';

/** A message is preceded by one byte that says whether it is compressed, and its length in four, big-endian. */
const PREFIX_BYTES = 5;

const CONTENT_TYPE = 'application/grpc';
const ENCODINGS: ReadonlySet<string> = new Set(['gzip', 'deflate']);
const ACCEPTED_ENCODINGS = 'identity,deflate,gzip';

const HEADERS: OutgoingHttpHeaders = { ':status': 200, 'content-type': CONTENT_TYPE, 'grpc-accept-encoding': ACCEPTED_ENCODINGS };
const OK_TRAILERS: OutgoingHttpHeaders = { 'grpc-status': '0' };
const WITH_TRAILERS = { waitForTrailers: true };

const NOTHING = Buffer.alloc(0);

/** Answers calls of one method; each call ends in exactly one `end` or `fail`. */
export interface GrpcMethod {
  handle(call: GrpcCall, message: Uint8Array): void;
}

export interface GrpcCallOptions {
  readonly maxMessageBytes: number;
  /** Is told why a call was refused before its method saw it. */
  readonly refused: (reason: RefusalReason) => void;
}

/**
 * One call: the stream of an HTTP/2 request that carries one message, and its answer
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
 *
 * ```
 *  HEADERS :path grpc-encoding   DATA 00 ‖ length ‖ message   END_STREAM
 *  HEADERS :status 200           DATA 00 ‖ length ‖ message   HEADERS grpc-status
 * ```
 *
 * Listeners are functions shared by all calls that find their call through the stream: closures of each call's own would
 * be a good part of what a small request costs (bench, 1 span a request).
 */
export class GrpcCall {
  readonly #stream: ServerHttp2Stream;
  readonly #method: GrpcMethod;
  readonly #options: GrpcCallOptions;
  readonly #encoding: string;
  /** What has come of the message: its beginning with all of the prefix, as soon as that is there, and what followed. */
  #head: Buffer = NOTHING;
  #tail: Buffer[] | undefined;
  #received = 0;
  #isAnswered = false;
  #hasHeaders = false;
  #onClosed: (() => void) | undefined;

  private constructor(stream: ServerHttp2Stream, method: GrpcMethod, encoding: string, options: GrpcCallOptions) {
    this.#stream = stream;
    this.#method = method;
    this.#encoding = encoding;
    this.#options = options;
    stream.on('data', takeData);
    stream.on('end', takeEnd);
    stream.on('error', ignore);
    stream.on('close', takeClose);
  }

  /** Starts the call that a stream is; one that cannot be a call of a known method is answered at once. */
  static accept(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    methods: ReadonlyMap<string, GrpcMethod>,
    options: GrpcCallOptions,
  ): void {
    const contentType = headers['content-type'];
    if (headers[':method'] !== 'POST' || contentType === undefined || !contentType.startsWith(CONTENT_TYPE)) {
      options.refused('unsupported_content_type');
      stream.on('error', ignore);
      stream.respond({ ':status': headers[':method'] === 'POST' ? 415 : 405 }, { endStream: true });
      stream.resume();
      return;
    }
    const path = headers[':path'] ?? '';
    const method = methods.get(path);
    if (method === undefined) {
      options.refused('unknown_path');
      refuse(stream, { code: GRPC_UNIMPLEMENTED, message: `no method ${path} here: its signal has no pipeline, or it is none of OTLP's` });
      return;
    }
    const encoding = headers['grpc-encoding'];
    if (typeof encoding === 'string' && encoding !== 'identity' && !ENCODINGS.has(encoding)) {
      options.refused('unsupported_content_encoding');
      refuse(stream, { code: GRPC_UNIMPLEMENTED, message: `messages compressed with ${encoding} are not taken, only ${ACCEPTED_ENCODINGS}` });
      return;
    }
    calls.set(stream, new GrpcCall(stream, method, typeof encoding === 'string' ? encoding : 'identity', options));
  }

  /** Sends a message of a call that answers with several. */
  write(message: Uint8Array): void {
    if (this.#stream.destroyed) return;
    this.#sendHeaders();
    this.#stream.write(framed(message));
  }

  /** Ends the call with success, after `message` where one is given. */
  end(message?: Uint8Array): void {
    if (this.#isAnswered || this.#stream.destroyed) return;
    this.#isAnswered = true;
    this.#sendHeaders();
    if (message === undefined) this.#stream.end();
    else this.#stream.end(framed(message));
  }

  fail(failure: GrpcFailure): void {
    if (this.#isAnswered || this.#stream.destroyed) return;
    this.#isAnswered = true;
    this.#stream.respond({ ...HEADERS, ...statusOf(failure) }, { endStream: true });
    this.#discardRest();
  }

  /** Calls back once, when the call is over, whoever ended it. */
  onClosed(callback: () => void): void {
    this.#onClosed = callback;
  }

  takeChunk(chunk: Buffer): void {
    if (this.#isAnswered) return;
    this.#received += chunk.length;
    if (this.#head.length >= PREFIX_BYTES) {
      if (this.#tail === undefined) this.#tail = [chunk];
      else this.#tail.push(chunk);
      return;
    }
    this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    if (this.#head.length < PREFIX_BYTES) return;
    const length = this.#head.readUInt32BE(1);
    if (length > this.#options.maxMessageBytes) this.#refuse('too_large', GRPC_RESOURCE_EXHAUSTED, `the message has ${length} bytes, more than the ${this.#options.maxMessageBytes} that are taken`);
  }

  /** The client has sent all: exactly one message, or it is refused. */
  takeEnd(): void {
    if (this.#isAnswered) return;
    if (this.#received < PREFIX_BYTES) {
      this.#refuse('malformed', GRPC_INVALID_ARGUMENT, 'the call has no message');
      return;
    }
    const isCompressed = this.#head[0] !== 0;
    const length = this.#head.readUInt32BE(1);
    if (this.#received !== PREFIX_BYTES + length) {
      this.#refuse('malformed', GRPC_INVALID_ARGUMENT, `the call has ${this.#received - PREFIX_BYTES} bytes where its one message should have ${length}`);
      return;
    }
    const all = this.#tail === undefined ? this.#head : Buffer.concat([this.#head, ...this.#tail], this.#received);
    this.#forgetMessage();
    const message = all.subarray(PREFIX_BYTES);
    if (!isCompressed) this.#method.handle(this, message);
    else if (this.#encoding === 'identity') this.#refuse('malformed', GRPC_INVALID_ARGUMENT, 'the message says that it is compressed, the call not with what');
    else void this.#handleCompressed(message);
  }

  takeClose(): void {
    this.#isAnswered = true;
    this.#forgetMessage();
    this.#onClosed?.();
  }

  async #handleCompressed(message: Uint8Array): Promise<void> {
    let plain: Uint8Array;
    try {
      plain = await decompress(message, this.#encoding === 'gzip' ? 'gzip' : 'deflate', this.#options.maxMessageBytes);
    } catch (error) {
      const isTooLarge = error instanceof ConsumeError && error.code === 'too_large';
      const text = error instanceof Error ? error.message : String(error);
      if (isTooLarge) this.#refuse('too_large', GRPC_RESOURCE_EXHAUSTED, text);
      else this.#refuse('malformed', GRPC_INVALID_ARGUMENT, text);
      return;
    }
    if (!this.#isAnswered) this.#method.handle(this, plain);
  }

  #forgetMessage(): void {
    this.#head = NOTHING;
    this.#tail = undefined;
  }

  #refuse(reason: RefusalReason, code: number, message: string): void {
    this.#options.refused(reason);
    this.fail({ code, message });
  }

  #sendHeaders(): void {
    if (this.#hasHeaders) return;
    this.#hasHeaders = true;
    this.#stream.on('wantTrailers', sendTrailers);
    this.#stream.respond(HEADERS, WITH_TRAILERS);
  }

  /** What the client still sends of a call that is answered is of no use; it is told to stop. */
  #discardRest(): void {
    this.#forgetMessage();
    if (!this.#stream.readableEnded) this.#stream.close(constants.NGHTTP2_NO_ERROR);
  }
}

const calls = new WeakMap<ServerHttp2Stream, GrpcCall>();

function takeData(this: ServerHttp2Stream, chunk: Buffer): void {
  calls.get(this)?.takeChunk(chunk);
}

function takeEnd(this: ServerHttp2Stream): void {
  calls.get(this)?.takeEnd();
}

function takeClose(this: ServerHttp2Stream): void {
  calls.get(this)?.takeClose();
}

function sendTrailers(this: ServerHttp2Stream): void {
  this.sendTrailers(OK_TRAILERS);
}

/** A stream that is reset has nothing to tell us: the call is over, and `close` says so. */
function ignore(): void {}

function refuse(stream: ServerHttp2Stream, failure: GrpcFailure): void {
  stream.on('error', ignore);
  stream.respond({ ...HEADERS, ...statusOf(failure) }, { endStream: true });
  stream.close(constants.NGHTTP2_NO_ERROR);
}

function statusOf({ code, message, details }: GrpcFailure): OutgoingHttpHeaders {
  return {
    'grpc-status': String(code),
    'grpc-message': percentEncoded(message),
    ...(details === undefined ? {} : { 'grpc-status-details-bin': Buffer.from(details).toString('base64') }),
  };
}

/** What a header may hold: printable ASCII but `%`; all else as bytes of its UTF-8. */
function percentEncoded(text: string): string {
  return text.replace(/[^\x20-\x24\x26-\x7e]+/g, (part) =>
    [...Buffer.from(part, 'utf8')].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}
