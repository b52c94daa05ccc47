/** Smallest and largest buffers that are kept; what is larger is made anew each time. */
const MIN_BYTES = 4 * 1024;
export const POOLED_BYTES = 1024 * 1024;
/** Free buffers together. */
const MAX_FREE_BYTES = 8 * 1024 * 1024;

/**
 * Buffers that are used again and again: making one for each message is a page fault every 4 KiB and work for the garbage
 * collector, which begins anew for every 60 MB of them (bench, 512 spans a request). Sizes are powers of two.
 */
export class BufferPool {
  /** By size. */
  readonly #free = new Map<number, Uint8Array[]>();
  readonly #maxFreeBytes: number;
  #freeBytes = 0;

  /** `maxFreeBytes`: how much is kept for later at most. */
  constructor(maxFreeBytes = MAX_FREE_BYTES) {
    this.#maxFreeBytes = maxFreeBytes;
  }

  /** A buffer of `size` bytes at least, with anything in it; exactly `size` where that is larger than what is kept. */
  take(size: number): Uint8Array {
    if (size > POOLED_BYTES) return Buffer.allocUnsafeSlow(size);
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
    if (size < MIN_BYTES || size > POOLED_BYTES || this.#freeBytes + size > this.#maxFreeBytes) return;
    this.#freeBytes += size;
    const list = this.#free.get(size);
    if (list === undefined) this.#free.set(size, [buffer]);
    else list.push(buffer);
  }
}
