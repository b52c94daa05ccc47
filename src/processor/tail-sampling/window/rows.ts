import type { TraceId } from './trace-id.ts';

/** Rows to a chunk: of 32 to 128 bytes each, so that a new chunk is made in microseconds. */
const CHUNK_SHIFT = 12;
const CHUNK_ROWS = 1 << CHUNK_SHIFT;

/**
 * Rows of 32-bit words, handed out and taken back. They grow by a chunk at a time: nothing is copied, so that a large table
 * grows without a pause. What is known of one thing lies together, since in a large window each place looked at is one that
 * no cache holds.
 *
 * ```
 *  row 4098 of 3 words ─► chunks[1], words 6, 7, 8
 * ```
 */
export class Rows {
  readonly rowWords: number;
  readonly chunks: Int32Array<ArrayBuffer>[] = [];
  /** The same bytes as numbers of 64 bits, for rows of an even number of words. */
  readonly doubles: Float64Array<ArrayBuffer>[] = [];
  /** Rows in use. */
  count = 0;
  /** Rows ever used since it was empty; those above hold nothing. */
  used = 0;
  /** Rows that were given back, the last one first to be taken again; no chain through the rows, which are in no cache. */
  #free = new Int32Array(16);
  #freeCount = 0;

  constructor(rowWords: number) {
    this.rowWords = rowWords;
  }

  get memoryBytes(): number {
    return (this.chunks.length * CHUNK_ROWS * this.rowWords + this.#free.length) * Int32Array.BYTES_PER_ELEMENT;
  }

  /** The words around a row, which begins at `at(row)`. */
  chunk(row: number): Int32Array {
    return this.chunks[row >>> CHUNK_SHIFT]!;
  }

  /** As `chunk`, with `at(row) / 2`. */
  doublesOf(row: number): Float64Array {
    return this.doubles[row >>> CHUNK_SHIFT]!;
  }

  at(row: number): number {
    return (row & (CHUNK_ROWS - 1)) * this.rowWords;
  }

  word(row: number, word: number): number {
    return this.chunk(row)[this.at(row) + word]!;
  }

  setWord(row: number, word: number, value: number): void {
    this.chunk(row)[this.at(row) + word] = value;
  }

  /** Makes the first four words of a row this id. */
  setId(row: number, id: TraceId): void {
    const words = this.chunk(row);
    const at = this.at(row);
    words[at] = id.a;
    words[at + 1] = id.b;
    words[at + 2] = id.c;
    words[at + 3] = id.d;
  }

  /** Whether the first four words of a row are this id. */
  isOf(row: number, id: TraceId): boolean {
    const words = this.chunk(row);
    const at = this.at(row);
    return words[at + 3] === id.d && words[at + 2] === id.c && words[at + 1] === id.b && words[at] === id.a;
  }

  /** Whoever takes a row back takes it out of its index as well. */
  isAlive(): boolean {
    return true;
  }

  /** A row that holds whatever it did. */
  take(): number {
    this.count++;
    return this.#freeCount > 0 ? this.#free[--this.#freeCount]! : this.#takeFresh();
  }

  give(row: number): void {
    if (this.#freeCount === this.#free.length) this.#growFree();
    this.#free[this.#freeCount++] = row;
    if (--this.count === 0) this.clear();
  }

  /** Takes all rows back: the next load fills them from the front, and what a large one took is let go. */
  clear(): void {
    this.count = 0;
    this.used = 0;
    this.#freeCount = 0;
    if (this.#free.length > CHUNK_ROWS) this.#free = new Int32Array(16);
    this.chunks.length = Math.min(1, this.chunks.length);
    this.doubles.length = this.chunks.length;
  }

  #growFree(): void {
    const larger = new Int32Array(2 * this.#free.length);
    larger.set(this.#free);
    this.#free = larger;
  }

  #takeFresh(): number {
    const row = this.used++;
    if (row >>> CHUNK_SHIFT === this.chunks.length) {
      const words = new Int32Array(CHUNK_ROWS * this.rowWords);
      this.chunks.push(words);
      this.doubles.push(new Float64Array(words.buffer, 0, words.length >>> 1));
    }
    return row;
  }
}
