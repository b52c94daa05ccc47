import { NONE } from './arena.ts';
import { Rows } from './rows.ts';
import type { TraceId } from './trace-id.ts';
import { TraceIndex } from './trace-index.ts';

const ID_WORDS = 4;

/** Words by trace id, numbered in the order in which they are added, until all are taken out together. */
export class TraceRecords {
  readonly #rows: Rows;
  readonly #index: TraceIndex;

  /** `words`: so many are kept for each id. */
  constructor(words: number) {
    this.#rows = new Rows(ID_WORDS + words);
    this.#index = new TraceIndex(this.#rows);
  }

  get size(): number {
    return this.#rows.count;
  }

  get memoryBytes(): number {
    return this.#rows.memoryBytes + this.#index.memoryBytes;
  }

  /** The record of an id; NONE where it has none. */
  find(id: TraceId): number {
    return this.size === 0 ? NONE : this.#index.find(id);
  }

  /** Adds a record for an id that has none; its words are to be written. */
  add(id: TraceId): number {
    const record = this.#rows.take();
    this.#rows.setId(record, id);
    this.#index.add(id.hash, record);
    return record;
  }

  word(record: number, word: number): number {
    return this.#rows.word(record, ID_WORDS + word);
  }

  setWord(record: number, word: number, value: number): void {
    this.#rows.setWord(record, ID_WORDS + word, value);
  }

  clear(): void {
    if (this.size === 0) return;
    this.#rows.clear();
    this.#index.clear();
  }
}
