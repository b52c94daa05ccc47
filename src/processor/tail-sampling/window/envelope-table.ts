import { NONE, type Arena } from './arena.ts';
import { Rows } from './rows.ts';

/** Words of a row. */
const OUTER = 0;
const SEGMENT = 1;
const OFFSET = 2;
const SIZE = 3;
const USES = 4;
const ROW_WORDS = 5;

/**
 * What spans came in, kept once a request and counted: all bytes of a ScopeSpans that are not spans, of a ResourceSpans
 * that are not ScopeSpans, of a request that are not ResourceSpans. One row each, 20 bytes.
 *
 * ```
 *  run ─► scope envelope ─► resource envelope ─► request envelope (only where a request has fields we do not know)
 *         (scope, schema_url)  (resource, schema_url)
 * ```
 *
 * Runs of spans use it, and the envelopes inside; with the last use the row and its bytes go.
 */
export class EnvelopeTable {
  readonly #arena: Arena;
  readonly #rows = new Rows(ROW_WORDS);

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  get count(): number {
    return this.#rows.count;
  }

  get memoryBytes(): number {
    return this.#rows.memoryBytes;
  }

  /** Rows ever used; those above hold nothing. */
  get rows(): number {
    return this.#rows.used;
  }

  /** Adds an envelope without uses yet; its bytes are allocated already (`segment` NONE where it has none). */
  add(segment: number, offset: number, size: number, outer: number): number {
    const row = this.#rows.take();
    const words = this.#rows.chunk(row);
    const at = this.#rows.at(row);
    words[at + OUTER] = outer;
    words[at + SEGMENT] = segment;
    words[at + OFFSET] = offset;
    words[at + SIZE] = size;
    words[at + USES] = 0;
    if (outer !== NONE) this.use(outer);
    return row;
  }

  /** One use more. */
  use(row: number): void {
    this.#rows.chunk(row)[this.#rows.at(row) + USES]!++;
  }

  /** One use less; the last one ends the envelope, and its use of the one around it. */
  release(row: number): void {
    while (row !== NONE) {
      const words = this.#rows.chunk(row);
      const at = this.#rows.at(row);
      if (--words[at + USES]! > 0) return;
      const outer = words[at + OUTER]!;
      if (words[at + SIZE]! > 0) this.#arena.release(words[at + SEGMENT]!, words[at + SIZE]!);
      words[at + SEGMENT] = NONE;
      this.#rows.give(row);
      row = outer;
    }
  }

  /** The envelope around this one, or NONE. */
  outer(row: number): number {
    return this.#rows.word(row, OUTER);
  }

  /** NONE in a free row, and where it has no bytes. */
  segment(row: number): number {
    return this.#rows.word(row, SEGMENT);
  }

  offset(row: number): number {
    return this.#rows.word(row, OFFSET);
  }

  size(row: number): number {
    return this.#rows.word(row, SIZE);
  }

  uses(row: number): number {
    return this.#rows.word(row, USES);
  }

  move(row: number, segment: number, offset: number): void {
    const words = this.#rows.chunk(row);
    const at = this.#rows.at(row);
    words[at + SEGMENT] = segment;
    words[at + OFFSET] = offset;
  }
}
