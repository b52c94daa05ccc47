import type { Goal } from './goal.ts';
import type { Kind } from './kind.ts';
import { maxMinShares } from './max-min-shares.ts';
import { SpanRate } from './span-rate.ts';

/** How much a rate may rise in an interval; it falls at once. */
const MAX_RISE = 1.2;

/** The integral: how strongly a second of missing the goal corrects it, and how far in all. */
const GAIN_EXPONENT = 0.05;
const LEAST_GAIN = 0.8;
const MOST_GAIN = 1.25;

/**
 * Sets the rates of all kinds at the end of each interval, so that together they keep the goal: max-min fair shares of it,
 * each divided by the kind's load. What load misses in noisy traffic a slow integral over what was kept corrects.
 */
export class RateController {
  readonly came = new SpanRate();
  readonly kept = new SpanRate();
  readonly #goal: Goal;
  readonly #exponent: number;
  #gain = 1;
  #load = 0;
  #lowestRate = 1;

  constructor(goal: Goal, intervalMs: number) {
    this.#goal = goal;
    this.#exponent = (GAIN_EXPONENT * intervalMs) / 1000;
  }

  /** Spans a second of all kinds at the end of the last interval. */
  get load(): number {
    return this.#load;
  }

  /** The rate of a kind never seen, where so many spans come in a second: no kind gets more by being new. */
  startRate(load: number): number {
    return load === 0 ? this.#lowestRate : Math.min(this.#lowestRate, this.#goal.perSecond(load) / load);
  }

  /** Ends an interval. */
  adjust(kinds: readonly Kind[], atMs: number): void {
    const loads = kinds.map((kind) => kind.load(atMs));
    this.#load = loads.reduce((sum, load) => sum + load, 0);
    const shares = maxMinShares(loads, this.#budget(atMs));
    this.#lowestRate = 1;
    kinds.forEach((kind, index) => {
      const load = loads[index]!;
      const fair = load === 0 ? 1 : shares[index]! / load;
      kind.rate = Math.min(1, fair, kind.rate * MAX_RISE);
      this.#lowestRate = Math.min(this.#lowestRate, kind.rate);
    });
  }

  #budget(atMs: number): number {
    const goal = this.#goal.perSecond(this.#load);
    if (this.#load <= goal) return goal;
    const missed = this.#goal.perSecond(this.came.mean(atMs)) / this.kept.mean(atMs);
    this.#gain = Math.min(MOST_GAIN, Math.max(LEAST_GAIN, this.#gain * missed ** this.#exponent));
    return this.#gain * goal;
  }
}
