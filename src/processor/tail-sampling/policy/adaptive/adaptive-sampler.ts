import { type Bits56, compare } from '../bits56.ts';
import type { AdaptiveReport } from './adaptive-report.ts';
import { reportOf } from './adaptive-report.ts';
import type { Goal } from './goal.ts';
import { KindTable } from './kind-table.ts';
import type { Kind } from './kind.ts';
import { RateController } from './rate-controller.ts';
import { WINDOW_MS } from './span-rate.ts';
import { SpikeGuard, TICK_MS, type Arrival } from './spike-guard.ts';

export interface AdaptiveOptions {
  readonly goal: Goal;
  readonly intervalMs: number;
  readonly maxKinds: number;
}

/** A trace as far as it matters here. */
export interface KindOfTrace {
  /** What its kind is called. */
  readonly kind: string;
  readonly spanCount: number;
  readonly randomness: Bits56;
}

/**
 * What an adaptive policy knows: which kinds of traffic there are, how much of each, and what a trace of each has to pass.
 * All thresholds are fixed before the randomness of the traces that they are for is looked at, or are of a kind that does
 * not depend on it (`SpikeGuard`): so the number kept, each counted 1/probability times, is right on average.
 *
 * ```
 *  traces ─► kinds: load ──► at the end of an interval: rates ──► thresholds ──► guard ──► kept
 *                                  ▲                                                        │
 *                                  └──────────────────── integral ◄─────────────────────────┘
 * ```
 */
export class AdaptiveSampler {
  readonly #goal: Goal;
  readonly #intervalMs: number;
  readonly #kinds: KindTable;
  readonly #controller: RateController;
  readonly #guard: SpikeGuard;
  /** When the first traces came. */
  #startMs: number | undefined;
  /** When the interval under way ends, since the start. */
  #intervalEndMs: number;

  constructor({ goal, intervalMs, maxKinds }: AdaptiveOptions) {
    this.#goal = goal;
    this.#intervalMs = intervalMs;
    this.#kinds = new KindTable(maxKinds);
    this.#controller = new RateController(goal, intervalMs);
    this.#guard = new SpikeGuard(goal);
    this.#intervalEndMs = intervalMs;
  }

  /**
   * Takes in traces that are decided together, at a time that never goes back, and returns by index the threshold that
   * each has to pass.
   */
  decide(traces: readonly KindOfTrace[], nowMs: number): readonly Bits56[] {
    this.#startMs ??= nowMs;
    const atMs = nowMs - this.#startMs;
    this.#endIntervals(atMs);
    let spans = 0;
    for (const { spanCount } of traces) spans += spanCount;
    this.#guard.begin(atMs, spans, this.#controller.load);
    this.#controller.came.add(spans, atMs);
    const startRate = this.#controller.startRate(this.#guard.load);
    const arrivals = traces.map(({ kind: name, spanCount, randomness }): Arrival => {
      const kind = this.#kinds.find(name, startRate);
      kind.came.add(spanCount, atMs);
      return { kind, spanCount, randomness };
    });
    const tick = Math.floor(atMs / TICK_MS);
    this.#guard.admit(arrivals.filter(({ kind, randomness }) => compare(randomness, kind.thresholdIn(tick)) >= 0));
    return arrivals.map(({ kind, spanCount, randomness }) => {
      const threshold = kind.thresholdIn(tick);
      if (compare(randomness, threshold) >= 0) this.#countKept(kind, spanCount, atMs);
      return threshold;
    });
  }

  report(nowMs: number): AdaptiveReport {
    const atMs = nowMs - (this.#startMs ?? nowMs);
    return {
      ...reportOf(this.#kinds.all, atMs),
      goal: this.#goal.perSecond(this.#controller.came.mean(atMs)),
      achieved: this.#controller.kept.mean(atMs),
      guardInterventions: this.#guard.interventions,
    };
  }

  #countKept(kind: Kind, spanCount: number, atMs: number): void {
    kind.kept.add(spanCount, atMs);
    this.#controller.kept.add(spanCount, atMs);
  }

  #endIntervals(atMs: number): void {
    // After a pause in which all is forgotten there is nothing to adjust on the way.
    if (atMs - this.#intervalEndMs > WINDOW_MS) this.#intervalEndMs = atMs - (atMs % this.#intervalMs);
    for (; this.#intervalEndMs <= atMs; this.#intervalEndMs += this.#intervalMs) {
      this.#kinds.removeIdle(this.#intervalEndMs);
      this.#controller.adjust(this.#kinds.all, this.#intervalEndMs);
    }
  }
}
