import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Clock } from '../../../internal/clock.ts';
import { toConsumeError } from '../../../consumer/consume-error.ts';
import { decompress } from '../decompress.ts';
import type { RefusalReason } from '../receive-counters.ts';
import { ANSWER_HEADERS, callStart, type CallStart } from './grpc-headers.ts';
import { MessageBuffer, PREFIX_BYTES, framed } from './grpc-message.ts';
import {
  GRPC_DEADLINE_EXCEEDED,
  GRPC_INTERNAL,
  GRPC_INVALID_ARGUMENT,
  GRPC_RESOURCE_EXHAUSTED,
  GRPC_UNIMPLEMENTED,
  trailersOf,
  type GrpcFailure,
} from './grpc-status.ts';

const OK_TRAILERS: OutgoingHttpHeaders = { 'grpc-status': '0' };
const WITH_TRAILERS = { waitForTrailers: true };
const WITHOUT_BODY = { endStream: true };

/** Answers calls of one method; each call ends in exactly one `end` or `fail`. */
export interface GrpcMethod {
  handle(call: GrpcCall, message: Uint8Array): void;
}

export interface GrpcCallOptions {
  /** By path. */
  readonly methods: ReadonlyMap<string, GrpcMethod>;
  readonly maxMessageBytes: number;
  readonly clock: Clock;
  /** Is told why a call was refused before its method saw it. */
  readonly refused: (reason: RefusalReason) => void;
}

/** The connection of a call. */
export interface CallOwner {
  callClosed(call: GrpcCall): void;
}

/**
 * One call: the stream of an HTTP/2 request that carries one message, and its answer
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
 *
 * ```
 *  HEADERS :path grpc-encoding   DATA prefix ‖ message   END_STREAM
 *  HEADERS :status 200           DATA prefix ‖ message   HEADERS grpc-status          success
 *  HEADERS :status 200 grpc-status                                                    failure
 * ```
 *
 * A client may reset the stream at any point, and node tells of it late: nothing is read from or written to a stream
 * that is closed. Listeners are functions shared by all calls that find their call on the stream; closures of each
 * call's own would be a good part of what a small request costs (bench, 1 span a request).
 */
export class GrpcCall {
  readonly #stream: ServerHttp2Stream;
  readonly #options: GrpcCallOptions;
  readonly #owner: CallOwner;
  #start: CallStart | undefined;
  #message: MessageBuffer | undefined = new MessageBuffer();
  #isAnswered = false;
  #hasHeaders = false;
  #trailers = OK_TRAILERS;
  #onClosed: (() => void) | undefined;
  /** When the client stops waiting, on the clock's `monotonic`. */
  deadlineMs = Number.POSITIVE_INFINITY;

  constructor(stream: ServerHttp2Stream, options: GrpcCallOptions, owner: CallOwner) {
    this.#stream = stream;
    this.#options = options;
    this.#owner = owner;
    (stream as CallStream)[CALL] = this;
    stream.on('data', takeData);
    stream.on('end', takeEnd);
    stream.on('error', ignore);
    stream.on('close', takeClose);
  }

  /** Begins with what the headers say; a call that cannot be one of a known method is answered at once. */
  begin(headers: IncomingHttpHeaders): void {
    const start = callStart(headers, this.#options.methods);
    if ('failure' in start) {
      this.#refuse(start.reason, start.failure);
      return;
    }
    this.#start = start;
    if (start.timeoutMs !== undefined) this.deadlineMs = this.#options.clock.monotonic() + start.timeoutMs;
  }

  /** Sends a message of a call that answers with several. */
  write(message: Uint8Array): void {
    if (this.#isOver) return;
    this.#sendHeaders();
    this.#stream.write(framed(message));
  }

  /** Ends the call with success, after `message` where one is given. */
  end(message?: Uint8Array): void {
    if (this.#isOver) return;
    this.#isAnswered = true;
    this.#sendHeaders();
    if (message === undefined) this.#stream.end();
    else this.#stream.end(framed(message));
  }

  fail(failure: GrpcFailure): void {
    if (this.#isOver) return;
    this.#isAnswered = true;
    this.#message = undefined;
    if (this.#hasHeaders) {
      this.#trailers = trailersOf(failure);
      this.#stream.end();
    } else {
      const status = failure.httpStatus ?? ANSWER_HEADERS[':status'];
      this.#stream.respond({ ...ANSWER_HEADERS, ':status': status, ...trailersOf(failure) }, WITHOUT_BODY);
    }
    if (!this.#stream.readableEnded) setImmediate(stopSender, this.#stream);
  }

  /** Ends a call that the client has stopped waiting for; what its method does meanwhile goes on. */
  exceedDeadline(): void {
    const failure = { code: GRPC_DEADLINE_EXCEEDED, message: 'the time that grpc-timeout gave is over' };
    if (this.#message === undefined) this.fail(failure);
    else this.#refuse('timeout', failure);
  }

  /** Calls back once, when the call is over, whoever ended it. */
  onClosed(callback: () => void): void {
    this.#onClosed = callback;
  }

  takeChunk(chunk: Buffer): void {
    const message = this.#message;
    if (message === undefined) return;
    message.push(chunk);
    const { length } = message;
    if (length === undefined) return;
    const { maxMessageBytes } = this.#options;
    if (length > maxMessageBytes) {
      const text = `the message has ${length} bytes, more than the ${maxMessageBytes} that are taken`;
      this.#refuse('too_large', { code: GRPC_RESOURCE_EXHAUSTED, message: text });
    } else if (message.size > PREFIX_BYTES + length) {
      const text = `the call goes on after its one message of ${length} bytes`;
      this.#refuse('malformed', { code: GRPC_UNIMPLEMENTED, message: text });
    }
  }

  /** The client has sent all, which is one message, or it has reset the stream. */
  takeEnd(): void {
    const message = this.#message;
    if (message === undefined || this.#start === undefined || this.#isOver) return;
    const { length, compressedFlag, size } = message;
    const { encoding, method } = this.#start;
    if (size === 0) this.#refuse('malformed', { code: GRPC_UNIMPLEMENTED, message: 'the call has no message' });
    else if (length === undefined || size < PREFIX_BYTES + length) this.#refuseFraming(`the call ends after ${size} bytes, within its message`);
    else if (compressedFlag === 0) this.#handle(method, message.content());
    else if (compressedFlag !== 1) this.#refuseFraming(`the compressed flag is ${compressedFlag}, neither 0 nor 1`);
    else if (encoding === 'identity') this.#refuseFraming('the message says that it is compressed, grpc-encoding not with what');
    else void this.#handleCompressed(method, message.content(), encoding);
  }

  takeClose(): void {
    this.#isAnswered = true;
    this.#message = undefined;
    this.#owner.callClosed(this);
    this.#onClosed?.();
  }

  get #isOver(): boolean {
    return this.#isAnswered || this.#stream.closed || this.#stream.destroyed;
  }

  #handle(method: GrpcMethod, message: Uint8Array): void {
    this.#message = undefined;
    method.handle(this, message);
  }

  async #handleCompressed(method: GrpcMethod, message: Uint8Array, encoding: 'gzip' | 'deflate'): Promise<void> {
    let plain: Uint8Array;
    try {
      plain = await decompress(message, encoding, this.#options.maxMessageBytes);
    } catch (error) {
      const { code, message: text } = toConsumeError(error);
      this.#refuse(code, { code: code === 'too_large' ? GRPC_RESOURCE_EXHAUSTED : GRPC_INVALID_ARGUMENT, message: text });
      return;
    }
    if (!this.#isOver) this.#handle(method, plain);
  }

  #refuseFraming(message: string): void {
    this.#refuse('malformed', { code: GRPC_INTERNAL, message });
  }

  #refuse(reason: RefusalReason, failure: GrpcFailure): void {
    if (this.#isOver) return;
    this.#options.refused(reason);
    this.fail(failure);
  }

  #sendHeaders(): void {
    if (this.#hasHeaders) return;
    this.#hasHeaders = true;
    this.#stream.on('wantTrailers', takeWantTrailers);
    this.#stream.respond(ANSWER_HEADERS, WITH_TRAILERS);
  }

  sendTrailers(): void {
    if (!this.#stream.closed) this.#stream.sendTrailers(this.#trailers);
  }
}

const CALL = Symbol('call');

interface CallStream extends ServerHttp2Stream {
  [CALL]?: GrpcCall;
}

function takeData(this: CallStream, chunk: Buffer): void {
  this[CALL]?.takeChunk(chunk);
}

function takeEnd(this: CallStream): void {
  this[CALL]?.takeEnd();
}

function takeClose(this: CallStream): void {
  this[CALL]?.takeClose();
}

function takeWantTrailers(this: CallStream): void {
  this[CALL]?.sendTrailers();
}

/**
 * Tells a client that what it still sends of an answered call is of no use (RFC 9113, section 8.1). Called when the answer
 * is on its way: from Node.js 26 on, a reset takes everything with it that is not.
 */
function stopSender(stream: ServerHttp2Stream): void {
  if (!stream.closed) stream.close(constants.NGHTTP2_NO_ERROR);
}

/** A stream that is reset has nothing to tell us: the call is over, and `close` says so. */
function ignore(): void {}
