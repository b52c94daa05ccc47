import { NONE } from './arena.ts';
import { Rows } from './rows.ts';

/**
 * How fine deadlines are, ms. Decisions come in portions as small as that, between which input is taken in: at 50 ms they
 * made acknowledgements wait for 19 to 30 ms (99 of 100, bench, soak), at 10 for 12 to 18.
 */
export const TICK_MS = 10;

/** A row of slots: the next row of the same tick, how many slots, and they. */
const NEXT = 0;
const COUNT = 1;
const SLOTS = 2;
const ROW_WORDS = 32;
const ROW_SLOTS = ROW_WORDS - SLOTS;

/** The rows of one tick. */
interface TickList {
  readonly first: number;
  last: number;
}

/**
 * When which trace is to be looked at: a list of slots a tick. An entry is a hint only; the truth is the slot's deadline
 * in the trace table. A deadline that moves gets a second entry, and whoever finds an entry too early or too late passes
 * over it. So nothing is ever searched or taken out.
 *
 * ```
 *  tick 17 ► [4, 8, … 15] ► [23, 42]     tick 18 ► []     tick 19 ► [16, 23]
 *     ▲ due
 * ```
 */
export class DecisionClock {
  readonly #rows = new Rows(ROW_WORDS);
  readonly #lists = new Map<number, TickList>();
  /** The first tick that has not been emptied. */
  #next: number;
  /** The row being emptied, and how far it is. */
  #due = NONE;
  #dueAt = 0;

  constructor(nowMs: number) {
    this.#next = Math.floor(nowMs / TICK_MS);
  }

  get memoryBytes(): number {
    return this.#rows.memoryBytes;
  }

  /** A slot is to be looked at once `atMs` has come. */
  schedule(slot: number, atMs: number): void {
    const tick = Math.max(this.#next, Math.ceil(atMs / TICK_MS));
    let list = this.#lists.get(tick);
    if (list === undefined) {
      const first = this.#newRow();
      list = { first, last: first };
      this.#lists.set(tick, list);
    } else if (this.#rows.word(list.last, COUNT) === ROW_SLOTS) {
      const row = this.#newRow();
      this.#rows.setWord(list.last, NEXT, row);
      list.last = row;
    }
    const count = this.#rows.word(list.last, COUNT);
    this.#rows.setWord(list.last, SLOTS + count, slot);
    this.#rows.setWord(list.last, COUNT, count + 1);
  }

  /** The next slot to look at; undefined when everything up to `nowMs` has been. */
  nextDue(nowMs: number): number | undefined {
    for (;;) {
      if (this.#due !== NONE) {
        if (this.#dueAt < this.#rows.word(this.#due, COUNT)) return this.#rows.word(this.#due, SLOTS + this.#dueAt++);
        const next = this.#rows.word(this.#due, NEXT);
        this.#rows.give(this.#due);
        this.#due = next;
        this.#dueAt = 0;
        continue;
      }
      if (this.#next * TICK_MS > nowMs) return undefined;
      const list = this.#lists.get(this.#next);
      if (list !== undefined) {
        this.#lists.delete(this.#next);
        this.#due = list.first;
      }
      this.#next = list === undefined ? this.#nextList(Math.floor(nowMs / TICK_MS)) : this.#next + 1;
    }
  }

  /** For how long the earliest slots that were not looked at have been due. */
  lateMs(nowMs: number): number {
    if (this.#due !== NONE) return nowMs - (this.#next - 1) * TICK_MS;
    return this.#lists.size === 0 ? 0 : nowMs - this.#next * TICK_MS;
  }

  /** The tick to look at behind one without a list: one further, or, where there are more ticks than lists, that of a list. */
  #nextList(nowTick: number): number {
    if (nowTick - this.#next <= this.#lists.size) return this.#next + 1;
    let first = nowTick + 1;
    for (const tick of this.#lists.keys()) first = Math.min(first, tick);
    return first;
  }

  #newRow(): number {
    const row = this.#rows.take();
    this.#rows.setWord(row, NEXT, NONE);
    this.#rows.setWord(row, COUNT, 0);
    return row;
  }
}
