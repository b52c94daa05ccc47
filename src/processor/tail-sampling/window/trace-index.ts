import { NONE } from './arena.ts';
import type { TraceId } from './trace-id.ts';

/** Entries of a segment, two words each. A segment is rearranged at once: 20 µs. */
const ENTRIES = 1024;
const WORDS = 2 * ENTRIES;
const MASK = WORDS - 1;
/** A segment with more is split: searches stay short, and on average half of each is used. */
const MAX_ENTRIES = (ENTRIES * 3) / 4;
/** When it has that many, and fewer of them are alive than this, it is rid of the others instead. */
const MAX_ALIVE = ENTRIES / 2;
/** Behind its entries a segment has the number of them, and how many bits of the hash all of them share. */
const COUNT = WORDS;
const DEPTH = WORDS + 1;
/** No number of traces comes near it while the hash is one. */
const MAX_DEPTH = 20;

/** What an index finds rows of. */
export interface IndexedRows {
  /** Whether a row that was added is still there and of this id. */
  isOf(row: number, id: TraceId): boolean;
  /** Whether a row that was added is still there: rows may be forgotten without being taken out of the index. */
  isAlive(row: number): boolean;
}

/** The entries of a segment that is put in order. */
const order = new Uint32Array(WORDS);

/**
 * Finds the row of a trace id. An extendible hash table (Fagin and
 * others, "Extendible hashing", 1979): a directory by the first bits of the hash, and behind it segments of one size, each an
 * open table by the last bits. So it grows a segment at a time, and never stops for long.
 *
 * ```
 *  hash  01 … 1011 ─► directory[01] ─► segment   entry 1011: hash, row + 1     0 for none; its neighbours follow it
 *                     directory[00] ─┐
 *                     directory[10] ─┴► …        several entries share a segment until it is full and split
 * ```
 *
 * An entry has the whole hash, so that ids are compared, in rows that are in no cache, hardly ever in vain.
 */
export class TraceIndex {
  readonly #rows: IndexedRows;
  #directory = [newSegment(1), newSegment(1)];
  /** What brings the first bits of a hash down to a place in the directory. */
  #shift = 31;
  #segments = 2;

  constructor(rows: IndexedRows) {
    this.#rows = rows;
  }

  get memoryBytes(): number {
    return this.#segments * (WORDS + 2) * Uint32Array.BYTES_PER_ELEMENT;
  }

  /** The row of an id; NONE where it has none. */
  find(id: TraceId): number {
    const hash = id.hash;
    const segment = this.#directory[hash >>> this.#shift]!;
    for (let at = (hash << 1) & MASK; ; at = (at + 2) & MASK) {
      const row = segment[at + 1]!;
      if (row === 0) return NONE;
      if ((segment[at]! | 0) === hash && this.#rows.isOf(row - 1, id)) return row - 1;
    }
  }

  /** Adds the row of an id that has none yet. */
  add(hash: number, row: number): void {
    let segment = this.#directory[hash >>> this.#shift]!;
    while (segment[COUNT]! >= MAX_ENTRIES) {
      if (this.#countAlive(segment) > MAX_ALIVE) this.#split(segment, hash);
      else this.#forgetDead(segment);
      segment = this.#directory[hash >>> this.#shift]!;
    }
    put(segment, hash, row + 1);
  }

  /** Puts one row of an id in the place of another, which has to be here. */
  replace(hash: number, row: number, by: number): void {
    const segment = this.#directory[hash >>> this.#shift]!;
    let at = (hash << 1) & MASK;
    while (segment[at + 1] !== row + 1) at = (at + 2) & MASK;
    segment[at + 1] = by + 1;
  }

  /** Takes out the row of an id with this hash; it has to be here. */
  remove(hash: number, row: number): void {
    const segment = this.#directory[hash >>> this.#shift]!;
    let hole = (hash << 1) & MASK;
    while (segment[hole + 1] !== row + 1) hole = (hole + 2) & MASK;
    // What follows moves up as far as the place that its hash says: then a search never meets a gap before its end.
    for (let at = (hole + 2) & MASK; segment[at + 1] !== 0; at = (at + 2) & MASK) {
      const home = (segment[at]! << 1) & MASK;
      if (((at - home) & MASK) < ((at - hole) & MASK)) continue;
      segment[hole] = segment[at]!;
      segment[hole + 1] = segment[at + 1]!;
      hole = at;
    }
    segment[hole + 1] = 0;
    segment[COUNT]!--;
  }

  /** Takes all out, and lets go of what a large table took. */
  clear(): void {
    if (this.#segments === 2) {
      for (const segment of this.#directory) segment.fill(0, 0, DEPTH);
      return;
    }
    this.#directory = [newSegment(1), newSegment(1)];
    this.#segments = 2;
    this.#shift = 31;
  }

  #countAlive(segment: Uint32Array): number {
    let alive = 0;
    for (let at = 1; at < WORDS; at += 2) if (segment[at] !== 0 && this.#rows.isAlive(segment[at]! - 1)) alive++;
    return alive;
  }

  #forgetDead(segment: Uint32Array): void {
    order.set(segment.subarray(0, WORDS));
    segment.fill(0, 0, DEPTH);
    for (let at = 0; at < WORDS; at += 2) {
      const row = order[at + 1]!;
      if (row !== 0 && this.#rows.isAlive(row - 1)) put(segment, order[at]!, row);
    }
  }

  /** Divides the entries of the segment of `hash` by one more bit of their hashes. */
  #split(segment: Uint32Array<ArrayBuffer>, hash: number): void {
    const depth = segment[DEPTH]! + 1;
    if (depth > MAX_DEPTH) throw new Error('too many trace ids have hashes that begin alike');
    if (32 - depth < this.#shift) this.#doubleDirectory();
    const halves = [newSegment(depth), newSegment(depth)] as const;
    this.#segments++;
    for (let at = 0; at < WORDS; at += 2) {
      const row = segment[at + 1]!;
      if (row === 0 || !this.#rows.isAlive(row - 1)) continue;
      const one = segment[at]!;
      put(halves[(one >>> (32 - depth)) & 1]!, one, row);
    }
    // All places of the directory that begin with the bits that the entries shared.
    const places = 1 << (32 - this.#shift - depth);
    const first = (hash >>> (33 - depth)) * 2 * places;
    this.#directory.fill(halves[0], first, first + places);
    this.#directory.fill(halves[1], first + places, first + 2 * places);
  }

  #doubleDirectory(): void {
    this.#directory = this.#directory.flatMap((segment) => [segment, segment]);
    this.#shift--;
  }
}

function newSegment(depth: number): Uint32Array<ArrayBuffer> {
  const segment = new Uint32Array(WORDS + 2);
  segment[DEPTH] = depth;
  return segment;
}

/** Where there is room; `value` is the row plus one. */
function put(segment: Uint32Array, hash: number, value: number): void {
  let at = (hash << 1) & MASK;
  while (segment[at + 1] !== 0) at = (at + 2) & MASK;
  segment[at] = hash;
  segment[at + 1] = value;
  segment[COUNT]!++;
}
