/**
 * How gRPC puts a message into a stream of bytes
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message"):
 *
 * ```
 *  compressed 8 │ length 32, big-endian │ message
 * ```
 */
export const PREFIX_BYTES = 5;

const NOTHING = Buffer.alloc(0);
const EMPTY_MESSAGE = Buffer.alloc(PREFIX_BYTES);

/** When so many pieces have come, they are put together if they are smaller than this on average. */
const MANY_PIECES = 256;
const SMALL_PIECE_BYTES = 1024;

export function framed(message: Uint8Array): Buffer {
  if (message.length === 0) return EMPTY_MESSAGE;
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

/** What has come of a message, in the pieces in which it came. */
export class MessageBuffer {
  /** All of the prefix, as soon as that is there, and what came with it. */
  #head: Buffer = NOTHING;
  #pieces: Buffer[] | undefined;
  #loosePieces = 0;
  #looseBytes = 0;
  /** Bytes that have come, those of the prefix included. */
  size = 0;

  /** How many bytes the message has; undefined while its prefix is not complete. */
  get length(): number | undefined {
    return this.#head.length < PREFIX_BYTES ? undefined : this.#head.readUInt32BE(1);
  }

  /** 0: as it is, 1: compressed; a client may send anything. */
  get compressedFlag(): number | undefined {
    return this.#head[0];
  }

  push(piece: Buffer): void {
    this.size += piece.length;
    if (this.#head.length < PREFIX_BYTES) {
      this.#head = this.#head.length === 0 ? piece : Buffer.concat([this.#head, piece]);
      return;
    }
    this.#pieces ??= [];
    this.#pieces.push(piece);
    this.#looseBytes += piece.length;
    if (++this.#loosePieces === MANY_PIECES) this.#putTogether(this.#pieces);
  }

  /** The message, once all of it has come. A piece of a larger buffer where it came in one. */
  content(): Buffer {
    const all = this.#pieces === undefined ? this.#head : Buffer.concat([this.#head, ...this.#pieces], this.size);
    return all.subarray(PREFIX_BYTES);
  }

  /** A sender that cuts its message into frames of a few bytes would make each cost us a Buffer of its own. */
  #putTogether(pieces: Buffer[]): void {
    if (this.#looseBytes < MANY_PIECES * SMALL_PIECE_BYTES) {
      const loose = pieces.splice(pieces.length - MANY_PIECES);
      pieces.push(Buffer.concat(loose, this.#looseBytes));
    }
    this.#loosePieces = 0;
    this.#looseBytes = 0;
  }
}
