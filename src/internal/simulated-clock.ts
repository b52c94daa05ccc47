import type { Clock, TimerHandle } from './clock.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until it is moved. Timers run one at a time, each at its own time and in the order in which
 * they were set, so that whoever moves the clock can wait after each for what it began.
 */
export class SimulatedClock implements Clock {
  readonly #epochMs: number;
  #elapsedMs = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  /** `epochMs`: what `now` says at the beginning. */
  constructor(epochMs: number) {
    this.#epochMs = epochMs;
  }

  now(): number {
    return this.#epochMs + this.#elapsedMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  setTimer(callback: () => void, delayMs: number): TimerHandle {
    const timer: Timer = { atMs: this.#elapsedMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.add(timer);
    return { timer };
  }

  clearTimer(handle: TimerHandle): void {
    this.#timers.delete(handle.timer as Timer);
  }

  /** Moves on to the next timer that is due by `untilMs` and runs it: true. When there is none, moves to `untilMs`: false. */
  step(untilMs: number): boolean {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs > untilMs) continue;
      if (next === undefined || timer.atMs < next.atMs || (timer.atMs === next.atMs && timer.order < next.order)) next = timer;
    }
    this.#elapsedMs = Math.max(this.#elapsedMs, next?.atMs ?? untilMs);
    if (next === undefined) return false;
    this.#timers.delete(next);
    next.callback();
    return true;
  }
}
