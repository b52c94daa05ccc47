import { NONE } from './arena.ts';
import type { TraceId } from './trace-id.ts';

/** Entries of a segment: it grows from the least to the most, and is split then. Putting the largest in order takes 0.3 ms. */
const LEAST_ENTRIES = 64;
const MOST_ENTRIES = 16_384;
/** Shares: of a segment that may be in use, and of that which may be alive where getting rid of the dead is worth it. */
const MOST_FULL = 3 / 4;
const MOST_ALIVE = 2 / 3;
/** Behind its entries, of two words each, a segment has how many are used, its depth and its limit. */
const ENDING_WORDS = 3;
/** No number of traces comes near it while the hash is one. */
const MAX_DEPTH = 20;

/** What an index finds rows of. */
export interface IndexedRows {
  /** Whether a row that was added is still there and of this id. */
  isOf(row: number, id: TraceId): boolean;
  /** Whether a row that was added is still there: rows may be forgotten without being taken out of the index. */
  isAlive(row: number): boolean;
}

/**
 * Finds the row of a trace id. An extendible hash table (Fagin and others, "Extendible hashing", 1979): a directory by the
 * first bits of the hash, and behind it segments, each an open table by the last bits, at most three quarters full. So it
 * grows a segment at a time, and never stops for long. Segments are large: each is an object, and what is looked for is rarely
 * in a cache. Hashes fill all of them alike: were their limits the same, all would be split at nearly the same time. So the limit
 * falls by half from the first hashes to the last, and they are split one after the other while the table doubles.
 *
 * ```
 *  hash  01 … 1011 ─► directory[01] ─► segment   entry 1011: hash, row + 1     0 for none; its neighbours follow it
 *                     directory[00] ─┐
 *                     directory[10] ─┴► …        several places share a segment until it is full and split
 * ```
 *
 * An entry has the whole hash, so that ids are compared, in rows that are in no cache, hardly ever in vain.
 */
export class TraceIndex {
  readonly #rows: IndexedRows;
  #directory = leastDirectory();
  /** What brings the first bits of a hash down to a place in the directory. */
  #shift = 31;
  /** A segment that is not in use. */
  #spare: Int32Array<ArrayBuffer> | undefined;

  constructor(rows: IndexedRows) {
    this.#rows = rows;
  }

  get memoryBytes(): number {
    let bytes = 0;
    for (const segment of new Set(this.#directory)) bytes += segment.byteLength;
    return bytes;
  }

  /** The row of an id; NONE where it has none. */
  find(id: TraceId): number {
    const hash = id.hash;
    const segment = this.#directory[hash >>> this.#shift]!;
    const mask = maskOf(segment);
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const row = segment[at + 1]!;
      if (row === 0) return NONE;
      if (segment[at] === hash && this.#rows.isOf(row - 1, id)) return row - 1;
    }
  }

  /** Looks where a search for a hash begins, so that it is in a cache when it does; what is returned is of no meaning. */
  lookAhead(hash: number): number {
    const segment = this.#directory[hash >>> this.#shift]!;
    return segment[(hash << 1) & maskOf(segment)]!;
  }

  /** Adds the row of an id that has none yet. */
  add(hash: number, row: number): void {
    let place = hash >>> this.#shift;
    while (isFull(this.#directory[place]!)) {
      this.#makeRoom(place);
      place = hash >>> this.#shift;
    }
    put(this.#directory[place]!, hash, row + 1);
  }

  /** Puts one row of an id in the place of another, which has to be here. */
  replace(hash: number, row: number, by: number): void {
    const segment = this.#directory[hash >>> this.#shift]!;
    segment[placeOf(segment, hash, row) + 1] = by + 1;
  }

  /** Takes out the row of an id with this hash; it has to be here. */
  remove(hash: number, row: number): void {
    const segment = this.#directory[hash >>> this.#shift]!;
    const mask = maskOf(segment);
    let hole = placeOf(segment, hash, row);
    // What follows moves up as far as the place that its hash says: then a search never meets a gap before its end.
    for (let at = (hole + 2) & mask; segment[at + 1] !== 0; at = (at + 2) & mask) {
      const home = (segment[at]! << 1) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      segment[hole] = segment[at]!;
      segment[hole + 1] = segment[at + 1]!;
      hole = at;
    }
    segment[hole + 1] = 0;
    segment[mask + 1]!--;
  }

  /** Takes all out, and lets go of what a large table took. */
  clear(): void {
    const [low, high] = this.#directory as [Int32Array<ArrayBuffer>, Int32Array<ArrayBuffer>];
    if (this.#directory.length === 2 && entriesOf(low) + entriesOf(high) === 2 * LEAST_ENTRIES) {
      for (const segment of [low, high]) segment.fill(0, 0, maskOf(segment) + 2);
      return;
    }
    this.#directory = leastDirectory();
    this.#shift = 31;
  }

  /** Rids a segment of the dead, makes it larger or splits it, whichever helps. */
  #makeRoom(place: number): void {
    const segment = this.#directory[place]!;
    const entries = entriesOf(segment);
    const hasManyDead = this.#countAlive(segment) <= MOST_ALIVE * limitOf(segment);
    if (!hasManyDead && entries === MOST_ENTRIES) {
      this.#split(place);
      return;
    }
    const [first, count] = this.#placesOf(place);
    const other = hasManyDead ? this.#spareOf(segment) : newSegment(2 * entries, depthOf(segment), first / this.#directory.length);
    this.#moveAlive(segment, other, other, 0);
    this.#directory.fill(other, first, first + count);
    if (hasManyDead) this.#spare = segment;
  }

  /** An empty segment like this one; memory that was used before is quicker than new one. */
  #spareOf(segment: Int32Array): Int32Array<ArrayBuffer> {
    const other = this.#spare?.length === segment.length ? this.#spare : new Int32Array(segment.length);
    other.fill(0);
    other.set(segment.subarray(-2), segment.length - 2);
    return other;
  }

  #countAlive(segment: Int32Array): number {
    const end = maskOf(segment);
    let alive = 0;
    for (let at = 1; at <= end; at += 2) if (segment[at] !== 0 && this.#rows.isAlive(segment[at]! - 1)) alive++;
    return alive;
  }

  /** Divides the entries of a segment by one more bit of their hashes. */
  #split(place: number): void {
    const segment = this.#directory[place]!;
    const depth = depthOf(segment) + 1;
    if (depth > MAX_DEPTH) throw new Error('too many trace ids have hashes that begin alike');
    if (32 - depth < this.#shift) {
      this.#directory = this.#directory.flatMap((each) => [each, each]);
      this.#shift--;
      place *= 2;
    }
    const [first, count] = this.#placesOf(place);
    const middle = first + count / 2;
    const low = newSegment(MOST_ENTRIES, depth, first / this.#directory.length);
    const high = newSegment(MOST_ENTRIES, depth, middle / this.#directory.length);
    this.#moveAlive(segment, low, high, 32 - depth);
    this.#directory.fill(low, first, middle);
    this.#directory.fill(high, middle, first + count);
  }

  /** Those whose hash has a 0 in `bit` to `low`, the others to `high`. */
  #moveAlive(segment: Int32Array, low: Int32Array, high: Int32Array, bit: number): void {
    const end = maskOf(segment);
    for (let at = 0; at < end; at += 2) {
      const row = segment[at + 1]!;
      if (row === 0 || !this.#rows.isAlive(row - 1)) continue;
      const hash = segment[at]!;
      put(((hash >>> bit) & 1) === 0 ? low : high, hash, row);
    }
  }

  /** The places of the directory that share the segment at one: the first, and how many. */
  #placesOf(place: number): readonly [number, number] {
    const count = 1 << (32 - this.#shift - depthOf(this.#directory[place]!));
    return [place - (place % count), count];
  }
}

function leastDirectory(): Int32Array<ArrayBuffer>[] {
  return [newSegment(LEAST_ENTRIES, 1, 0), newSegment(LEAST_ENTRIES, 1, 1 / 2)];
}

/** `from`: the share of all hashes that come before its own. */
function newSegment(entries: number, depth: number, from: number): Int32Array<ArrayBuffer> {
  const segment = new Int32Array(2 * entries + ENDING_WORDS);
  segment[2 * entries + 1] = depth;
  segment[2 * entries + 2] = Math.floor((MOST_FULL * entries) / 2 ** from);
  return segment;
}

/** Words of the entries, which are a power of two, less one. */
function maskOf(segment: Int32Array): number {
  return segment.length - ENDING_WORDS - 1;
}

function entriesOf(segment: Int32Array): number {
  return (segment.length - ENDING_WORDS) / 2;
}

function usedOf(segment: Int32Array): number {
  return segment[segment.length - 3]!;
}

/** How many bits of the hash all of its entries share. */
function depthOf(segment: Int32Array): number {
  return segment[segment.length - 2]!;
}

/** How many entries it has at most. */
function limitOf(segment: Int32Array): number {
  return segment[segment.length - 1]!;
}

function isFull(segment: Int32Array): boolean {
  return usedOf(segment) >= limitOf(segment);
}

/** Where the entry of a row is. */
function placeOf(segment: Int32Array, hash: number, row: number): number {
  const mask = maskOf(segment);
  let at = (hash << 1) & mask;
  while (segment[at + 1] !== row + 1) at = (at + 2) & mask;
  return at;
}

/** Adds an entry where there is room; `value` is the row plus one. */
function put(segment: Int32Array, hash: number, value: number): void {
  const mask = maskOf(segment);
  let at = (hash << 1) & mask;
  while (segment[at + 1] !== 0) at = (at + 2) & mask;
  segment[at] = hash;
  segment[at + 1] = value;
  segment[mask + 1]!++;
}
