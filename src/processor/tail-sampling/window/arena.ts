import { SegmentPool } from './segment-pool.ts';

/** No segment, no row, no slot. */
export const NONE = -1;

const MAX_SEGMENT_BYTES = 1 << 20;
const MIN_SEGMENT_BYTES = 16 << 10;

/** A segment that is less than this share alive is worth copying on. */
const SPARSE_SHARE = 0.25;
/** How many segments one evacuation fills at most, and how many it has to win: it costs a pass over all tables. */
const EVACUATED_SEGMENTS = 8;
const MIN_WON_SEGMENTS = 3;

/** Calls of `trim` within which what is not needed is surplus, and in which that is given back. */
export const TRIM_STEPS = 10;
/** So much of what is in use is kept free besides: a window breathes, and what it lets go of comes back as fresh pages. */
const SPARE_SHARE = 1 / 16;

const NO_SEGMENTS: ReadonlySet<number> = new Set();

/**
 * Counts what pieces take that are allocated one after the other, from a fresh segment on. Fewer of them, or a start in a
 * segment that is in use, never take more new segments.
 */
export class Packing {
  segments = 1;
  /** Bytes of pieces that get a segment of their own size. */
  largeBytes = 0;
  #fill = 0;
  readonly #segmentBytes: number;

  constructor(segmentBytes: number) {
    this.#segmentBytes = segmentBytes;
  }

  add(size: number): void {
    if (size > this.#segmentBytes) {
      this.largeBytes += size;
    } else if (this.#fill + size > this.#segmentBytes) {
      this.segments++;
      this.#fill = size;
    } else {
      this.#fill += size;
    }
  }
}

/**
 * Where the bytes of waiting spans lie: segments of 1 MiB, written forward, one after the other.
 *
 * ```
 *  segment 0  ▓▓░▓▓▓░░▓▓▓▓▓▓░▓   alive[0] = bytes marked ▓; back to the free list when it reaches 0
 *  segment 1  ░░░░▓░░░░░░░░░░░   less than a quarter alive: evacuated when segments run short
 *  segment 2  ▓▓▓▓▓▓▓▓│          the one being written (`#current`, `#fill`)
 * ```
 *
 * What is larger than a segment gets one of its own size. All together never exceed `maxBytes`, but for what an evacuation
 * borrows.
 */
export class Arena {
  readonly segmentBytes: number;
  readonly #maxBytes: number;
  readonly #pool: SegmentPool;
  /** By segment; one that is neither in use nor free has no bytes. */
  readonly #segments: (Uint8Array | undefined)[] = [];
  /** Bytes in use of each segment. */
  readonly #alive: number[] = [];
  readonly #vacantIndexes: number[] = [];
  /** Segments of the pool that count as allocated and are not in use. */
  #free = 0;
  /** The least `#free` since the surplus was last told: so many were not needed. */
  #leastFree = 0;
  #surplus = 0;
  #trimStepsLeft = TRIM_STEPS;
  #current = NONE;
  #fill = 0;
  #allocatedBytes = 0;
  #aliveBytes = 0;
  #evacuating = false;

  /** Where `allocate` made room. */
  segment = NONE;
  offset = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.segmentBytes = Math.min(MAX_SEGMENT_BYTES, Math.max(MIN_SEGMENT_BYTES, 2 ** Math.floor(Math.log2(maxBytes / 8))));
    this.#pool = new SegmentPool(this.segmentBytes, maxBytes);
  }

  /** Bytes held from the system: segments in use and free ones. */
  get allocatedBytes(): number {
    return this.#allocatedBytes;
  }

  /** Bytes that somebody still needs. */
  get aliveBytes(): number {
    return this.#aliveBytes;
  }

  bytes(segment: number): Uint8Array {
    return this.#segments[segment]!;
  }

  /** Whether pieces of `size` bytes together, packed like that, can be allocated now. */
  hasRoom(size: number, { segments, largeBytes }: Packing): boolean {
    const isOpen = this.#current !== NONE;
    if (isOpen && largeBytes === 0 && size <= this.segmentBytes - this.#fill) return true;
    const empty = this.#free + (isOpen && this.#fill === 0 ? 1 : 0);
    return this.#maxBytes - this.#allocatedBytes + empty * this.segmentBytes >= segments * this.segmentBytes + largeBytes;
  }

  /** Whether that much would be allocated behind what was allocated last, without a gap. */
  isInOnePiece(size: number): boolean {
    return this.#current !== NONE && this.#fill + size <= this.segmentBytes;
  }

  /** Whether pieces packed like that can be allocated when nothing else is alive. */
  couldHold({ segments, largeBytes }: Packing): boolean {
    return segments * this.segmentBytes + largeBytes <= this.#maxBytes;
  }

  /**
   * Makes room for `size` bytes in one piece, at `segment` and `offset`, and counts them as alive. False when that would
   * exceed the limit.
   */
  allocate(size: number): boolean {
    if (size > this.segmentBytes) return this.#allocateLarge(size);
    if (this.#current === NONE || this.#fill + size > this.segmentBytes) {
      if (!this.#openSegment()) return false;
    }
    this.segment = this.#current;
    this.offset = this.#fill;
    this.#fill += size;
    this.#alive[this.#current]! += size;
    this.#aliveBytes += size;
    return true;
  }

  /** `size` bytes of a segment are needed no more. */
  release(segment: number, size: number): void {
    const alive = this.#alive[segment]! - size;
    this.#alive[segment] = alive;
    this.#aliveBytes -= size;
    if (alive > 0) return;
    if (segment === this.#current) this.#fill = 0;
    else this.#freeSegment(segment);
  }

  /**
   * Segments worth evacuating, the emptiest first, as many as fit together into EVACUATED_SEGMENTS; none when that would
   * win too little.
   */
  sparseSegments(): ReadonlySet<number> {
    // So cheap that it can be asked each time: nothing is sparse while most of what is in use is alive.
    const inUse = this.#allocatedBytes - this.#free * this.segmentBytes;
    if (inUse - this.#aliveBytes < MIN_WON_SEGMENTS * this.segmentBytes) return NO_SEGMENTS;
    const sparse: number[] = [];
    for (let segment = 0; segment < this.#segments.length; segment++) {
      if (segment === this.#current || this.#segments[segment]?.length !== this.segmentBytes) continue;
      if (this.#alive[segment]! < this.segmentBytes * SPARSE_SHARE) sparse.push(segment);
    }
    sparse.sort((a, b) => this.#alive[a]! - this.#alive[b]!);
    const chosen = new Set<number>();
    let moved = 0;
    for (const segment of sparse) {
      moved += this.#alive[segment]!;
      if (moved > EVACUATED_SEGMENTS * this.segmentBytes) break;
      chosen.add(segment);
    }
    return chosen.size - Math.ceil(moved / this.segmentBytes) >= MIN_WON_SEGMENTS ? chosen : NO_SEGMENTS;
  }

  /** While evacuating, segments may be opened above the limit: they are won back when the evacuated ones become free. */
  beginEvacuation(): void {
    this.#evacuating = true;
    this.#closeCurrent();
  }

  endEvacuation(): void {
    this.#evacuating = false;
  }

  /**
   * To be called again and again: gives free segments back, in small steps since that takes time. What was needed within the
   * last `TRIM_STEPS` calls stays: a segment that is written again costs a fraction of one that the system makes anew, page by
   * page (bench, whole path at 512 spans a request).
   */
  trim(): void {
    if (this.#aliveBytes === 0) this.#closeCurrent();
    if (--this.#trimStepsLeft <= 0) {
      this.#trimStepsLeft = TRIM_STEPS;
      const spare = Math.floor(this.#segmentsInUse * SPARE_SHARE);
      this.#surplus = Math.max(0, Math.min(this.#leastFree, this.#free) - spare);
      this.#leastFree = this.#free;
    }
    const count = Math.min(Math.ceil(this.#surplus / this.#trimStepsLeft), this.#free);
    this.#surplus -= count;
    this.#giveBack(count);
  }

  /** Large pieces count by their size. */
  get #segmentsInUse(): number {
    return this.#allocatedBytes / this.segmentBytes - this.#free;
  }

  #allocateLarge(size: number): boolean {
    this.#dropFreeFor(size);
    if (this.#allocatedBytes + size > this.#maxBytes) return false;
    this.segment = this.#place(new Uint8Array(Buffer.allocUnsafeSlow(size).buffer));
    this.offset = 0;
    this.#allocatedBytes += size;
    this.#alive[this.segment] = size;
    this.#aliveBytes += size;
    return true;
  }

  /** A large piece may need what free segments hold of the limit. */
  #dropFreeFor(size: number): void {
    const missing = Math.ceil((this.#allocatedBytes + size - this.#maxBytes) / this.segmentBytes);
    if (missing > 0) this.#giveBack(Math.min(missing, this.#free));
  }

  #openSegment(): boolean {
    if (this.#free > 0) {
      this.#free--;
      this.#leastFree = Math.min(this.#leastFree, this.#free);
    } else {
      if (this.#allocatedBytes + this.segmentBytes > this.#maxBytes && !this.#evacuating) return false;
      this.#allocatedBytes += this.segmentBytes;
    }
    const bytes = this.#pool.take();
    this.#closeCurrent();
    this.#current = this.#place(bytes);
    this.#fill = 0;
    return true;
  }

  #closeCurrent(): void {
    const closed = this.#current;
    this.#current = NONE;
    if (closed !== NONE && this.#alive[closed] === 0) this.#freeSegment(closed);
  }

  #place(bytes: Uint8Array): number {
    const segment = this.#vacantIndexes.pop() ?? this.#segments.length;
    this.#segments[segment] = bytes;
    this.#alive[segment] = 0;
    return segment;
  }

  #freeSegment(segment: number): void {
    const bytes = this.#segments[segment]!;
    this.#segments[segment] = undefined;
    this.#vacantIndexes.push(segment);
    if (bytes.length !== this.segmentBytes) {
      this.#allocatedBytes -= bytes.length;
      return;
    }
    this.#pool.give(bytes);
    this.#free++;
    if (this.#allocatedBytes > this.#maxBytes) this.#giveBack(1);
  }

  /** So many free segments are kept no longer. */
  #giveBack(count: number): void {
    this.#free -= count;
    this.#leastFree = Math.min(this.#leastFree, this.#free);
    this.#allocatedBytes -= count * this.segmentBytes;
    this.#pool.shrink(this.#free);
  }
}
