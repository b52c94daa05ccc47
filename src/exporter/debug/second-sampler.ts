import type { Clock } from '../../internal/clock.ts';

const SECOND_MS = 1000;

/** Lets through the first `initial` of each second and every `thereafter`th of the rest. */
export class SecondSampler {
  readonly #initial: number;
  readonly #thereafter: number;
  readonly #clock: Clock;
  #endMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  /** @param thereafter 0: none of the rest */
  constructor(initial: number, thereafter: number, clock: Clock) {
    this.#initial = initial;
    this.#thereafter = thereafter;
    this.#clock = clock;
  }

  /** Counts one and says whether it is let through. */
  take(): boolean {
    const now = this.#clock.monotonic();
    if (now >= this.#endMs) {
      this.#endMs = now + SECOND_MS;
      this.#count = 0;
    }
    this.#count++;
    if (this.#count <= this.#initial) return true;
    return this.#thereafter > 0 && (this.#count - this.#initial) % this.#thereafter === 0;
  }
}
