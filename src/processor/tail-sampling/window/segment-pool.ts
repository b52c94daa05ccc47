/**
 * Segments to a slab. The C library gives memory back to the system at once only in pieces above 32 MiB (the largest value
 * of glibc's mmap threshold); smaller ones stay with the process long after they are free.
 */
const SLAB_SEGMENTS = 33;

/** A slab counts as a whole wherever memory is limited: a window with room for fewer of them begins with segments alone. */
const MIN_SLABS = 16;
/** So many. */
const SEGMENTS_ALONE = 2 * SLAB_SEGMENTS;

/** Memory for one or more segments. */
interface Slab {
  readonly buffer: ArrayBuffer;
  readonly segments: number;
  /** Those of its segments that are not in use. */
  readonly free: Uint8Array[];
}

/**
 * Where segments come from and go to. They are cut from slabs, and always from the first slab that has one: the later ones
 * become free as a whole as soon as fewer are in use, and only a whole slab can be given back.
 *
 * ```
 *  slab 0  ▓▓▓▓▓▓    slab 1  ▓▓░▓▓▓    slab 2  ░░▓░░░    slab 3  ░░░░░░
 *                              ▲ the next to be taken             ▲ the next to be let go
 * ```
 */
export class SegmentPool {
  readonly #segmentBytes: number;
  readonly #segmentsAlone: number;
  readonly #slabs: (Slab | undefined)[] = [];
  readonly #indexOf = new Map<ArrayBufferLike, number>();
  /** No slab before this one has a free segment. */
  #firstFree = 0;
  #free = 0;
  #segments = 0;

  constructor(segmentBytes: number, maxBytes: number) {
    this.#segmentBytes = segmentBytes;
    this.#segmentsAlone = maxBytes < MIN_SLABS * SLAB_SEGMENTS * segmentBytes ? SEGMENTS_ALONE : 0;
  }

  take(): Uint8Array {
    if (this.#free === 0) this.#addSlab();
    while ((this.#slabs[this.#firstFree]?.free.length ?? 0) === 0) this.#firstFree++;
    this.#free--;
    return this.#slabs[this.#firstFree]!.free.pop()!;
  }

  give(segment: Uint8Array): void {
    const index = this.#indexOf.get(segment.buffer)!;
    this.#slabs[index]!.free.push(segment);
    this.#free++;
    this.#firstFree = Math.min(this.#firstFree, index);
  }

  /** Lets go of slabs that are free as a whole, the last ones first, while `kept` free segments remain. */
  shrink(kept: number): void {
    for (let index = this.#slabs.length - 1; index >= 0 && this.#free > kept; index--) {
      const slab = this.#slabs[index];
      if (slab === undefined || slab.free.length < slab.segments || this.#free - slab.segments < kept) continue;
      this.#slabs[index] = undefined;
      this.#indexOf.delete(slab.buffer);
      this.#free -= slab.segments;
      this.#segments -= slab.segments;
      release(slab.buffer);
    }
  }

  #addSlab(): void {
    const count = this.#segments < this.#segmentsAlone ? 1 : SLAB_SEGMENTS;
    // Outside any pool: a slice of a pool would keep all of that alive.
    const { buffer } = Buffer.allocUnsafeSlow(count * this.#segmentBytes);
    // No Buffers: of those it takes twice as long to make the views that everything is copied by. The first is taken first.
    const free = Array.from({ length: count }, (_, i) => new Uint8Array(buffer, (count - 1 - i) * this.#segmentBytes, this.#segmentBytes));
    const vacant = this.#slabs.indexOf(undefined);
    const index = vacant < 0 ? this.#slabs.length : vacant;
    this.#slabs[index] = { buffer, segments: count, free };
    this.#indexOf.set(buffer, index);
    this.#firstFree = index;
    this.#free += count;
    this.#segments += count;
  }
}

/**
 * Whoever still has a view of it, to look at the next trace, must not keep all of it alive. From Node.js 22 on it is freed now;
 * before, what it is moved to is garbage when it is made.
 */
function release(slab: ArrayBuffer): void {
  if ('transfer' in slab && typeof slab.transfer === 'function') slab.transfer(0);
  else structuredClone(slab, { transfer: [slab] });
}

/*
 * V8 compiles whatever looks into a buffer on the assumption that none was ever detached. The first that is makes it throw all of that
 * code away and compile it anew, beside whoever waits (bench/results.md, "Pauses at 70 %"). So one is detached before there is any.
 */
release(new ArrayBuffer(1));
