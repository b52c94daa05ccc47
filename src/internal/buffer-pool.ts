/** Smallest and largest buffers that are kept for good. */
const MIN_BYTES = 4 * 1024;
const POOLED_BYTES = 1024 * 1024;
/** Free buffers together. */
const MAX_FREE_BYTES = 8 * 1024 * 1024;
/** A buffer beyond the largest is lent for what fills more than this share of it. */
const LEAST_USED = 1 / 2;

/**
 * Buffers that are used again and again: making one for each message is a page fault every 4 KiB and work for the garbage
 * collector, which begins anew for every 60 MB of them (bench, 512 spans a request). Sizes are powers of two.
 */
export class BufferPool {
  /** By size. */
  readonly #free = new Map<number, Uint8Array[]>();
  readonly #maxFreeBytes: number;
  #freeBytes = 0;
  /**
   * The largest that was given back of those that are not kept for good, until the garbage collector comes: anew it would be
   * a page fault every 4 KiB (bench:growth, traces of 10,000 spans), kept it might be many megabytes for nothing.
   */
  #large: WeakRef<Uint8Array> | undefined;

  /** `maxFreeBytes`: how much is kept for later at most. */
  constructor(maxFreeBytes = MAX_FREE_BYTES) {
    this.#maxFreeBytes = maxFreeBytes;
  }

  /** A buffer of `size` bytes at least, with anything in it. */
  take(size: number): Uint8Array {
    if (size > POOLED_BYTES) return this.#takeLarge(size);
    const rounded = size <= MIN_BYTES ? MIN_BYTES : 1 << (32 - Math.clz32(size - 1));
    const buffer = this.#free.get(rounded)?.pop();
    if (buffer === undefined) return Buffer.allocUnsafeSlow(rounded);
    this.#freeBytes -= rounded;
    return buffer;
  }

  /** A buffer of `size` bytes at least that begins with the first `used` bytes of another, which is taken back. */
  grow(buffer: Uint8Array, used: number, size: number): Uint8Array {
    const larger = this.take(size);
    if (used > 0) larger.set(buffer.subarray(0, used));
    this.give(buffer);
    return larger;
  }

  /** Takes back a buffer that nobody looks at any more; an empty one was never taken. */
  give(buffer: Uint8Array): void {
    const size = buffer.length;
    if (size > POOLED_BYTES) this.#giveLarge(buffer);
    if (size < MIN_BYTES || size > POOLED_BYTES || this.#freeBytes + size > this.#maxFreeBytes) return;
    this.#freeBytes += size;
    const list = this.#free.get(size);
    if (list === undefined) this.#free.set(size, [buffer]);
    else list.push(buffer);
  }

  #takeLarge(size: number): Uint8Array {
    const large = this.#large?.deref();
    if (large === undefined || large.length < size || large.length * LEAST_USED >= size) return Buffer.allocUnsafeSlow(size);
    this.#large = undefined;
    return large;
  }

  #giveLarge(buffer: Uint8Array): void {
    const large = this.#large?.deref();
    if (large === undefined || large.length < buffer.length) this.#large = new WeakRef(buffer);
  }
}
