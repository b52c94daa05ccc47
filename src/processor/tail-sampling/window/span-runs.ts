import { type Arena, NONE } from './arena.ts';
import type { EnvelopeTable } from './envelope-table.ts';
import { Rows } from './rows.ts';

/** Words of a row. */
const NEXT = 0;
const SEGMENT = 1;
const OFFSET = 2;
const SIZE = 3;
const SCOPE = 4;
const COUNT = 5;
const MARKS = 6;
const ROW_WORDS = 7;

/** Spans of a run, at most: two marks of each have to fit into a word. */
export const MAX_RUN_SPANS = 16;

/** Marks of a run's first span; those of its `i`th are `i` bits higher. */
export const ROOT_MARK = 1;
export const TRACE_STATE_MARK = 1 << MAX_RUN_SPANS;

/**
 * The spans that wait, by runs: neighbours in a request that belong to one trace and one scope, which lie in the arena as
 * they came, one behind the other. A row of 28 bytes a run says where its bytes are, what it came in, and the next run of its
 * trace. What senders batch by trace, as most do, takes a row for several spans; at worst each span is a run.
 *
 * ```
 *  trace 7: first ─► run 3 (4 spans) ─► run 9 (1 span) ─► NONE
 * ```
 *
 * The bytes are the spans as elements of their ScopeSpans, tags and lengths included. Runs of one trace keep the order in
 * which they arrived.
 */
export class SpanRuns {
  /** Spans in all runs. */
  count = 0;
  readonly #rows = new Rows(ROW_WORDS);

  get memoryBytes(): number {
    return this.#rows.memoryBytes;
  }

  /** Rows ever used; those above hold nothing. */
  get rows(): number {
    return this.#rows.used;
  }

  add(segment: number, offset: number, size: number, scope: number, count: number, marks: number): number {
    const run = this.#rows.take();
    const words = this.#rows.chunk(run);
    const at = this.#rows.at(run);
    words[at + NEXT] = NONE;
    words[at + SEGMENT] = segment;
    words[at + OFFSET] = offset;
    words[at + SIZE] = size;
    words[at + SCOPE] = scope;
    words[at + COUNT] = count;
    words[at + MARKS] = marks;
    this.count += count;
    return run;
  }

  /** Removes a run and all behind it, and lets go of their bytes and of what they came in. */
  removeChain(run: number, arena: Arena, envelopes: EnvelopeTable): void {
    while (run !== NONE) {
      const words = this.#rows.chunk(run);
      const at = this.#rows.at(run);
      arena.release(words[at + SEGMENT]!, words[at + SIZE]!);
      envelopes.release(words[at + SCOPE]!);
      this.count -= words[at + COUNT]!;
      words[at + SEGMENT] = NONE;
      this.#rows.give(run);
      run = words[at + NEXT]!;
    }
  }

  /** The next run of the trace; NONE after the last. */
  next(run: number): number {
    return this.#rows.word(run, NEXT);
  }

  /** Where its bytes are; NONE in a free row. */
  segment(run: number): number {
    return this.#rows.word(run, SEGMENT);
  }

  offset(run: number): number {
    return this.#rows.word(run, OFFSET);
  }

  /** Bytes of all its spans. */
  size(run: number): number {
    return this.#rows.word(run, SIZE);
  }

  /** Row of the ScopeSpans' envelope it came in. */
  scope(run: number): number {
    return this.#rows.word(run, SCOPE);
  }

  spanCount(run: number): number {
    return this.#rows.word(run, COUNT);
  }

  /** Whether its `index`th span names no parent. */
  isRoot(run: number, index: number): boolean {
    return (this.#rows.word(run, MARKS) & (ROOT_MARK << index)) !== 0;
  }

  hasTraceState(run: number, index: number): boolean {
    return (this.#rows.word(run, MARKS) & (TRACE_STATE_MARK << index)) !== 0;
  }

  link(run: number, next: number): void {
    this.#rows.setWord(run, NEXT, next);
  }

  move(run: number, segment: number, offset: number): void {
    this.#rows.setWord(run, SEGMENT, segment);
    this.#rows.setWord(run, OFFSET, offset);
  }
}
