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

  /** Takes `count` tokens if that many are there, all or none. */
  take(count: number, nowMs: number): boolean {
    const elapsedMs = nowMs - (this.#filledAtMs ?? nowMs);
    this.#filledAtMs = nowMs;
    this.#tokens = Math.min(this.#capacity, this.#tokens + elapsedMs * this.#perMs);
    if (count > this.#tokens) return false;
    this.#tokens -= count;
    return true;
  }
}
