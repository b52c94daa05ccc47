/**
 * A token bucket that starts full. Whoever takes brings the time along, from a clock that never goes back.
 */
export class TokenBucket {
  readonly #perMs: number;
  readonly #capacity: number;
  #tokens: number;
  #filledAtMs: number | undefined;

  constructor(perSecond: number, capacity: number) {
    this.#perMs = perSecond / 1000;
    this.#capacity = capacity;
    this.#tokens = capacity;
  }

  /** How many tokens there are at a time; below 0 while a debt is being paid. */
  available(nowMs: number): number {
    const elapsedMs = nowMs - (this.#filledAtMs ?? nowMs);
    this.#filledAtMs = nowMs;
    this.#tokens = Math.min(this.#capacity, this.#tokens + elapsedMs * this.#perMs);
    return this.#tokens;
  }

  /** Takes tokens, if need be on credit. */
  spend(count: number): void {
    this.#tokens -= count;
  }
}
