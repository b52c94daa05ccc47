import { type Bits56, compare } from '../bits56.ts';
import { successor } from '../threshold.ts';
import type { Goal } from './goal.ts';
import type { Kind } from './kind.ts';
import { maxMinShares } from './max-min-shares.ts';

/** Decisions of this time share one allowance, and a threshold that was raised holds for it. */
export const TICK_MS = 100;

/** More than the goal, so that ordinary ups and downs pass. */
const REFILL = 1.1;

/** The part of a tick's goal that may be spent whatever the debt. */
const LEAST_PART = 0.5;

/** A trace to be decided. */
export interface Arrival {
  readonly kind: Kind;
  readonly spanCount: number;
  readonly randomness: Bits56;
}

/**
 * Holds the goal inside a spike, until rates have followed: a token bucket of 1.1 times the goal, one second of goal at
 * most. Where traces that would be kept have more spans than there are tokens, these are divided fairly over the kinds,
 * and each kind that has too many keeps the traces of the most randomness: its threshold for the rest of the tick is the
 * randomness of the first left out, plus one. A kind's first trace always fits, so that none is without a chance.
 */
export class SpikeGuard {
  readonly #goal: Goal;
  #tokens = Infinity;
  #filledAtMs = 0;
  #tick = 0;
  #load = 0;
  #cameInTick = 0;
  #keptInTick = 0;
  #intervenedIn = -1;
  /** Ticks in which it left something out. */
  interventions = 0;

  constructor(goal: Goal) {
    this.#goal = goal;
  }

  /** Time passes and spans come in; of late so many a second did. */
  begin(atMs: number, spans: number, load: number): void {
    const tick = Math.floor(atMs / TICK_MS);
    if (tick !== this.#tick) {
      this.#tick = tick;
      this.#cameInTick = 0;
      this.#keptInTick = 0;
    }
    this.#cameInTick += spans;
    this.#load = Math.max(load, (this.#cameInTick / TICK_MS) * 1000);
    const earned = REFILL * this.#goal.earned(atMs - this.#filledAtMs, spans);
    // One second of the goal at most; the bucket begins full.
    this.#tokens = Math.min(this.#goal.perSecond(this.#load), this.#tokens + earned);
    this.#filledAtMs = atMs;
  }

  /** Spans a second as of now: a flood is seen in the tick that it comes in. */
  get load(): number {
    return this.#load;
  }

  /** Spends tokens on the traces that passed their kind's rate, and raises thresholds where there are too few. */
  admit(passed: readonly Arrival[]): void {
    const demand = spansOf(passed);
    const least = LEAST_PART * this.#goal.earned(TICK_MS, this.#cameInTick) - this.#keptInTick;
    const tokens = Math.max(this.#tokens, least, 0);
    const kept = demand <= tokens ? demand : this.#divide(passed, tokens);
    this.#keptInTick += kept;
    this.#tokens -= kept;
  }

  #divide(passed: readonly Arrival[], tokens: number): number {
    const byKind = new Map<Kind, Arrival[]>();
    for (const arrival of passed) {
      const sameKind = byKind.get(arrival.kind);
      if (sameKind === undefined) byKind.set(arrival.kind, [arrival]);
      else sameKind.push(arrival);
    }
    const demands = [...byKind.values()].map(spansOf);
    const shares = maxMinShares(demands, tokens);
    let kept = 0;
    let index = 0;
    for (const [kind, arrivals] of byKind) {
      const demand = demands[index]!;
      const share = shares[index++]!;
      kept += demand <= share ? demand : this.#cut(kind, arrivals, share);
    }
    return kept;
  }

  /** Keeps what fits into a share, of the most randomness first; returns its spans. */
  #cut(kind: Kind, arrivals: readonly Arrival[], share: number): number {
    const descending = arrivals.toSorted((a, b) => compare(b.randomness, a.randomness));
    let count = 1;
    let kept = descending[0]!.spanCount;
    while (count < descending.length && kept + descending[count]!.spanCount <= share) kept += descending[count++]!.spanCount;
    // One that alone is more than the share stays: of this kind there is no other.
    if (count === descending.length) return kept;
    const firstLeftOut = descending[count]!.randomness;
    // Those of equal randomness cannot be told apart by a threshold: all are left out.
    while (count > 0 && compare(descending[count - 1]!.randomness, firstLeftOut) === 0) kept -= descending[--count]!.spanCount;
    kind.raiseIn(this.#tick, successor(firstLeftOut));
    if (this.#intervenedIn !== this.#tick) this.interventions++;
    this.#intervenedIn = this.#tick;
    return kept;
  }
}

function spansOf(arrivals: readonly Arrival[]): number {
  let spans = 0;
  for (const { spanCount } of arrivals) spans += spanCount;
  return spans;
}
