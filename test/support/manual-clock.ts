import type { Clock, TimerHandle } from '../../src/internal/clock.ts';

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test ticks it; timers run in the order of their time, on the tick that reaches them. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #epochMs: number;
  #order = 0;
  readonly #pending = new Set<Pending>();

  constructor(epochMs = 1_700_000_000_000) {
    this.#epochMs = epochMs;
    this.#nowMs = 0;
  }

  now(): number {
    return this.#epochMs + this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  setTimer(callback: () => void, delayMs: number): TimerHandle {
    const timer: Pending = { at: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#pending.add(timer);
    return { timer };
  }

  clearTimer(handle: TimerHandle): void {
    this.#pending.delete(handle.timer as Pending);
  }

  get pendingTimers(): number {
    return this.#pending.size;
  }

  /** Moves the time on by `ms`, running what falls due on the way at its own time. */
  tick(ms: number): void {
    const until = this.#nowMs + ms;
    for (;;) {
      let next: Pending | undefined;
      for (const timer of this.#pending) {
        if (timer.at > until) continue;
        if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
      }
      if (next === undefined) break;
      this.#pending.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.at);
      next.callback();
    }
    this.#nowMs = until;
  }

  /** Moves the time on by `ms` and runs nothing, as when the event loop is too busy for its timers. */
  stall(ms: number): void {
    this.#nowMs += ms;
  }

  /** As `tick`, letting promises settle after each timer, for code that awaits between its timers. */
  async tickAsync(ms: number, stepMs = ms): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.tick(Math.min(stepMs, left));
      for (let i = 0; i < 20; i++) await Promise.resolve();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
