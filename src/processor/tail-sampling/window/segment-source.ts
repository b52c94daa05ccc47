/**
 * Segments to a slab. The C library gives memory back to the system at once only in pieces above 32 MiB (the largest value
 * of glibc's mmap threshold); smaller ones stay with the process long after they are free.
 */
const SLAB_SEGMENTS = 33;

/** As many segments have to be in use before a slab is worth it: one counts as a whole wherever memory is limited. */
const MIN_SEGMENTS = 2 * SLAB_SEGMENTS;

/**
 * Where segments come from and go to: the first ones from the system each by itself, the more that a large window needs cut
 * from slabs, which are given back as a whole when the last segment of theirs is back.
 */
export class SegmentSource {
  readonly #segmentBytes: number;
  /** By slab, the segments that are here. */
  readonly #here = new Map<ArrayBufferLike, Uint8Array[]>();
  #inUse = 0;

  constructor(segmentBytes: number) {
    this.#segmentBytes = segmentBytes;
  }

  take(): Uint8Array {
    this.#inUse++;
    for (const segments of this.#here.values()) {
      const segment = segments.pop();
      if (segment !== undefined) return segment;
    }
    return this.#cutSlab(this.#inUse > MIN_SEGMENTS ? SLAB_SEGMENTS : 1);
  }

  give(segment: Uint8Array): void {
    this.#inUse--;
    const slab = segment.buffer;
    const segments = this.#here.get(slab)!;
    segments.push(segment);
    if (segments.length * this.#segmentBytes < slab.byteLength) return;
    this.#here.delete(slab);
    release(slab);
  }

  /** Makes a slab and returns the first of its segments. */
  #cutSlab(count: number): Uint8Array {
    // Outside any pool: a slice of a pool would keep all of that alive.
    const slab = Buffer.allocUnsafeSlow(count * this.#segmentBytes).buffer;
    // No Buffers: of those it takes twice as long to make the views that everything is copied by.
    const segment = (i: number): Uint8Array => new Uint8Array(slab, i * this.#segmentBytes, this.#segmentBytes);
    const rest: Uint8Array[] = [];
    for (let i = count - 1; i > 0; i--) rest.push(segment(i));
    this.#here.set(slab, rest);
    return segment(0);
  }
}

/** Frees memory now where that can be said (from Node.js 22 on), and not when the garbage is next collected. */
function release(slab: ArrayBufferLike): void {
  if ('transfer' in slab && typeof slab.transfer === 'function') slab.transfer(0);
}
