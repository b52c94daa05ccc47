import type { Clock } from './clock.ts';

/** Lets one event through each interval and counts those it held back, so that a log says how often and not each time. */
export class Throttle {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #nextAt = Number.NEGATIVE_INFINITY;
  #held = 0;

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** The events since the last that passed, this one included; 0 when this one is held back. */
  admit(): number {
    this.#held++;
    const now = this.#clock.monotonic();
    if (now < this.#nextAt) return 0;
    this.#nextAt = now + this.#intervalMs;
    const events = this.#held;
    this.#held = 0;
    return events;
  }
}
