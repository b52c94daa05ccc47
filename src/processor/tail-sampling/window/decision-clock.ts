/** How fine deadlines are, ms: half of the 100 ms within which a trace has to be decided after its own. */
export const TICK_MS = 50;

/**
 * When which trace is to be looked at: one list of slots a tick. An entry is a hint only; the truth is the slot's deadline
 * in the trace table. A deadline that moves gets a second entry, and whoever finds an entry too early or too late passes
 * over it. So nothing is ever searched or taken out.
 *
 * ```
 *  tick 17 ► [4, 8, 15]     tick 18 ► []     tick 19 ► [16, 23]
 *     ▲ due
 * ```
 */
export class DecisionClock {
  readonly #lists = new Map<number, number[]>();
  /** The first tick that has not been emptied. */
  #next: number;
  /** The list being emptied, and how far it is. */
  #due: number[] = [];
  #dueAt = 0;

  constructor(nowMs: number) {
    this.#next = Math.floor(nowMs / TICK_MS);
  }

  /** A slot is to be looked at once `atMs` has come. */
  schedule(slot: number, atMs: number): void {
    const tick = Math.max(this.#next, Math.ceil(atMs / TICK_MS));
    const list = this.#lists.get(tick);
    if (list === undefined) this.#lists.set(tick, [slot]);
    else list.push(slot);
  }

  /** The next slot to look at; undefined when everything up to `nowMs` has been. */
  nextDue(nowMs: number): number | undefined {
    for (;;) {
      if (this.#dueAt < this.#due.length) return this.#due[this.#dueAt++];
      if (this.#next * TICK_MS > nowMs) {
        this.#due = [];
        this.#dueAt = 0;
        return undefined;
      }
      const list = this.#lists.get(this.#next);
      if (list !== undefined) this.#lists.delete(this.#next);
      this.#due = list ?? [];
      this.#dueAt = 0;
      this.#next = list === undefined && this.#lists.size === 0 ? Math.floor(nowMs / TICK_MS) + 1 : this.#next + 1;
    }
  }
}
