import { toConsumeError } from '../../../consumer/consume-error.ts';
import type { BufferPool } from '../../../internal/buffer-pool.ts';
import type { Clock } from '../../../internal/clock.ts';
import { decompressAtOnce, decompressInBackground } from '../decompress.ts';
import type { HeaderList } from '../http2/hpack-decoder.ts';
import { encodeHeaderBlock } from '../http2/hpack-encoder.ts';
import type { Http2Stream, StreamHandler } from '../http2/http2-stream.ts';
import type { RefusalReason } from '../receive-counters.ts';
import { ANSWER_HEADERS, callStart, type CallStart } from './grpc-headers.ts';
import { MessageBuffer, framed } from './grpc-message.ts';
import {
  GRPC_DEADLINE_EXCEEDED,
  GRPC_INTERNAL,
  GRPC_INVALID_ARGUMENT,
  GRPC_RESOURCE_EXHAUSTED,
  GRPC_UNIMPLEMENTED,
  trailersOf,
  type GrpcFailure,
} from './grpc-status.ts';

const ANSWER_BLOCK = encodeHeaderBlock([[':status', '200'], ...ANSWER_HEADERS]);
const OK_TRAILERS = encodeHeaderBlock([['grpc-status', '0']]);

/** Answers calls of one method; each call ends in exactly one `end` or `fail`. */
export interface GrpcMethod {
  /**
   * `message` does not change until `call.release()`, which a method calls once it does not look at it any more; where it
   * `isLent`, it is used for other messages then.
   */
  handle(call: GrpcCall, message: Uint8Array, isLent: boolean): void;
}

export interface GrpcCallOptions {
  /** By path. */
  readonly methods: ReadonlyMap<string, GrpcMethod>;
  readonly maxMessageBytes: number;
  readonly clock: Clock;
  readonly pool: BufferPool;
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
 */
export class GrpcCall implements StreamHandler {
  readonly #stream: Http2Stream;
  readonly #options: GrpcCallOptions;
  readonly #owner: CallOwner;
  #start: CallStart | undefined;
  readonly #message: MessageBuffer;
  /** The method has it, or it was refused. */
  #isTaken = false;
  #isAnswered = false;
  #hasHeaders = false;
  #onClosed: (() => void) | undefined;
  /** When the client stops waiting, on the clock's `monotonic`. */
  deadlineMs = Number.POSITIVE_INFINITY;

  constructor(stream: Http2Stream, options: GrpcCallOptions, owner: CallOwner) {
    this.#stream = stream;
    this.#options = options;
    this.#owner = owner;
    this.#message = new MessageBuffer(options.pool);
  }

  /** Begins with what the headers say; a call that cannot be one of a known method is answered at once. */
  begin(headers: HeaderList): void {
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
    if (this.#isAnswered) return;
    this.#sendHeaders();
    this.#stream.sendData(framed(message));
  }

  /** Ends the call with success, after `message` where one is given. */
  end(message?: Uint8Array): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#sendHeaders();
    if (message !== undefined) this.#stream.sendData(framed(message));
    this.#stream.sendTrailers(OK_TRAILERS);
  }

  fail(failure: GrpcFailure): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    if (this.#hasHeaders) {
      this.#stream.sendTrailers(encodeHeaderBlock(trailersOf(failure)));
    } else {
      const status = String(failure.httpStatus ?? 200);
      this.#stream.sendHeaders(encodeHeaderBlock([[':status', status], ...ANSWER_HEADERS, ...trailersOf(failure)]), true);
    }
  }

  /** Nobody looks at the message any more. */
  release(): void {
    this.#message.release();
  }

  /** Ends a call that the client has stopped waiting for; what its method does meanwhile goes on. */
  exceedDeadline(): void {
    const failure = { code: GRPC_DEADLINE_EXCEEDED, message: 'the time that grpc-timeout gave is over' };
    if (this.#isTaken) this.fail(failure);
    else this.#refuse('timeout', failure);
  }

  /** Calls back once, when the call is over, whoever ended it. */
  onClosed(callback: () => void): void {
    this.#onClosed = callback;
  }

  contentReceived(bytes: Uint8Array, from: number, to: number): void {
    if (this.#isTaken) return;
    const message = this.#message;
    const contentAt = message.takePrefix(bytes, from, to);
    const { length } = message;
    if (length === undefined) return;
    const { maxMessageBytes } = this.#options;
    if (length > maxMessageBytes) {
      const text = `the message has ${length} bytes, more than the ${maxMessageBytes} that are taken`;
      this.#refuse('too_large', { code: GRPC_RESOURCE_EXHAUSTED, message: text });
    } else if (message.size + (to - contentAt) > length) {
      const text = `the call goes on after its one message of ${length} bytes`;
      this.#refuse('malformed', { code: GRPC_UNIMPLEMENTED, message: text });
    } else {
      message.append(bytes, contentAt, to);
    }
  }

  /** The client has sent all, which is one message. */
  requestComplete(): void {
    const message = this.#message;
    if (this.#isTaken || this.#start === undefined) return;
    const { length, compressedFlag, size, sizeWithPrefix } = message;
    const { encoding, method } = this.#start;
    if (sizeWithPrefix === 0) this.#refuse('malformed', { code: GRPC_UNIMPLEMENTED, message: 'the call has no message' });
    else if (length === undefined || size < length) this.#refuseFraming(`the call ends after ${sizeWithPrefix} bytes, within its message`);
    else if (compressedFlag === 0) this.#handle(method, message.content(), true);
    else if (compressedFlag !== 1) this.#refuseFraming(`the compressed flag is ${compressedFlag}, neither 0 nor 1`);
    else if (encoding === 'identity') this.#refuseFraming('the message says that it is compressed, grpc-encoding not with what');
    else this.#handleCompressed(method, encoding);
  }

  streamClosed(): void {
    this.#isAnswered = true;
    // A method that has the message releases it when it is done.
    if (!this.#isTaken) this.#message.release();
    this.#isTaken = true;
    this.#owner.callClosed(this);
    this.#onClosed?.();
  }

  #handle(method: GrpcMethod, message: Uint8Array, isLent: boolean): void {
    this.#isTaken = true;
    method.handle(this, message, isLent);
  }

  #handleCompressed(method: GrpcMethod, encoding: 'gzip' | 'deflate'): void {
    const message = this.#message;
    const { maxMessageBytes, pool } = this.#options;
    try {
      const plain = decompressAtOnce(message.content(), encoding, maxMessageBytes, pool);
      if (plain === undefined) {
        void this.#handleLarge(method, encoding);
        return;
      }
      message.replace(plain.buffer, plain.size);
    } catch (error) {
      this.#refuseCompressed(error);
      return;
    }
    this.#handle(method, message.content(), true);
  }

  async #handleLarge(method: GrpcMethod, encoding: 'gzip' | 'deflate'): Promise<void> {
    this.#isTaken = true;
    let plain: Uint8Array;
    try {
      plain = await decompressInBackground(this.#message.content(), encoding, this.#options.maxMessageBytes);
    } catch (error) {
      this.#refuseCompressed(error);
      return;
    } finally {
      this.#message.release();
    }
    if (!this.#isAnswered) this.#handle(method, plain, false);
  }

  #refuseCompressed(error: unknown): void {
    const { code, message } = toConsumeError(error);
    this.#refuse(code, { code: code === 'too_large' ? GRPC_RESOURCE_EXHAUSTED : GRPC_INVALID_ARGUMENT, message });
  }

  #refuseFraming(message: string): void {
    this.#refuse('malformed', { code: GRPC_INTERNAL, message });
  }

  #refuse(reason: RefusalReason, failure: GrpcFailure): void {
    if (this.#isAnswered) return;
    this.#isTaken = true;
    this.#message.release();
    this.#options.refused(reason);
    this.fail(failure);
  }

  #sendHeaders(): void {
    if (this.#hasHeaders) return;
    this.#hasHeaders = true;
    this.#stream.sendHeaders(ANSWER_BLOCK);
  }
}
