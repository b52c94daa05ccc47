import type { RetryConfig } from './config.ts';

/**
 * How long to wait before each further attempt at one request: exponential, spread out so that exporters which failed
 * together do not come back together.
 */
export class Backoff {
  readonly #config: RetryConfig;
  readonly #random: () => number;
  #intervalMs: number;

  /** @param random uniform in [0, 1) */
  constructor(config: RetryConfig, random: () => number) {
    this.#config = config;
    this.#random = random;
    this.#intervalMs = config.initial_interval;
  }

  /**
   * The next wait in ms; undefined when it would end after `max_elapsed_time`, and nothing is tried again.
   *
   * @param elapsedMs since the first attempt began
   * @param retryAfterMs the least that the backend asked for
   */
  next(elapsedMs: number, retryAfterMs = 0): number | undefined {
    const { randomization_factor: factor, multiplier, max_interval: maxIntervalMs, max_elapsed_time: maxElapsedMs } = this.#config;
    const waitMs = Math.max(this.#intervalMs * (1 + factor * (2 * this.#random() - 1)), retryAfterMs);
    this.#intervalMs = Math.min(this.#intervalMs * multiplier, maxIntervalMs);
    return maxElapsedMs > 0 && elapsedMs + waitMs > maxElapsedMs ? undefined : waitMs;
  }
}
