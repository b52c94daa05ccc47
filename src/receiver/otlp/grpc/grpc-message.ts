import type { BufferPool } from '../../../internal/buffer-pool.ts';

/**
 * How gRPC puts a message into a stream of bytes
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message"):
 *
 * ```
 *  compressed 8 │ length 32, big-endian │ message
 * ```
 */
const PREFIX_BYTES = 5;

const EMPTY_MESSAGE = Buffer.alloc(PREFIX_BYTES);
const NOTHING = new Uint8Array(0);

/** So many times what has come, and no more, is had ready for what a client announces. */
const MAX_AHEAD = 16;

export function framed(message: Uint8Array): Uint8Array {
  if (message.length === 0) return EMPTY_MESSAGE;
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

/** What has come of a message; its bytes lie in a buffer of the pool. */
export class MessageBuffer {
  readonly #pool: BufferPool;
  #prefixBytes = 0;
  #length = 0;
  #content: Uint8Array = NOTHING;
  /** 0: as it is, 1: compressed; a client may send anything. */
  compressedFlag = 0;
  /** Bytes that have come, those of the prefix not included. */
  size = 0;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** Bytes that have come, those of the prefix included. */
  get sizeWithPrefix(): number {
    return this.#prefixBytes + this.size;
  }

  /** How many bytes the message has; undefined while its prefix is not complete. */
  get length(): number | undefined {
    return this.#prefixBytes < PREFIX_BYTES ? undefined : this.#length;
  }

  /** Takes what of the prefix stands in `bytes[from, to)` and returns the place behind it. */
  takePrefix(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to && this.#prefixBytes < PREFIX_BYTES) {
      const byte = bytes[at++]!;
      if (this.#prefixBytes++ === 0) this.compressedFlag = byte;
      else this.#length = this.#length * 256 + byte;
    }
    return at;
  }

  /** Takes content, of which there must not be more than `length`. */
  append(bytes: Uint8Array, from: number, to: number): void {
    const size = to - from;
    if (size === 0) return;
    const needed = this.size + size;
    if (needed > this.#content.length) this.#content = this.#pool.grow(this.#content, this.size, Math.min(this.#length, MAX_AHEAD * needed));
    this.#content.set(bytes.subarray(from, to), this.size);
    this.size += size;
  }

  /** The message, once all of it has come; lent until `release`. */
  content(): Uint8Array {
    return this.#content.subarray(0, this.size);
  }

  /** Puts the first `size` bytes of a buffer of the pool in the place of the content. */
  replace(buffer: Uint8Array, size: number): void {
    this.release();
    this.#content = buffer;
    this.size = size;
  }

  release(): void {
    this.#pool.give(this.#content);
    this.#content = NOTHING;
    this.size = 0;
  }
}
