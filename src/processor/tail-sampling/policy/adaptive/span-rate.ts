/** A rate is the mean over the last 30 s, or over as much of it as there has been. */
export const WINDOW_MS = 30_000;

const BUCKET_MS = 1000;
const RECENT_MS = 2000;
/** The present bucket, which is filling, and those of the window. */
const BUCKETS = WINDOW_MS / BUCKET_MS + 1;
/** Over less time than this no rate is believed: the first traces of all would look like a flood. */
const LEAST_MS = 100;

/**
 * Counts spans and says how many there were a second lately. Times are milliseconds since counting began, for all rates
 * that are compared at the same moment; they never go back.
 */
export class SpanRate {
  /** A ring, by the second modulo its length. */
  readonly #buckets = new Float64Array(BUCKETS);
  #bucket = 0;
  #sum = 0;

  add(spans: number, atMs: number): void {
    this.#moveTo(atMs);
    this.#buckets[this.#bucket % BUCKETS]! += spans;
    this.#sum += spans;
  }

  /** Spans a second over the window. */
  mean(atMs: number): number {
    this.#moveTo(atMs);
    return (this.#sum / covered(WINDOW_MS, atMs)) * 1000;
  }

  /** Spans a second over the last two seconds. */
  recent(atMs: number): number {
    this.#moveTo(atMs);
    let sum = 0;
    const oldest = Math.max(0, this.#bucket - RECENT_MS / BUCKET_MS);
    for (let bucket = oldest; bucket <= this.#bucket; bucket++) sum += this.#buckets[bucket % BUCKETS]!;
    return (sum / covered(RECENT_MS, atMs)) * 1000;
  }

  /** Whether nothing came within the window. */
  isIdle(atMs: number): boolean {
    this.#moveTo(atMs);
    return this.#sum === 0;
  }

  #moveTo(atMs: number): void {
    const bucket = Math.floor(atMs / BUCKET_MS);
    const passed = Math.min(bucket - this.#bucket, BUCKETS);
    for (let i = 1; i <= passed; i++) {
      const left = (this.#bucket + i) % BUCKETS;
      this.#sum -= this.#buckets[left]!;
      this.#buckets[left] = 0;
    }
    this.#bucket = Math.max(this.#bucket, bucket);
  }
}

/** How much time the full buckets of a window and the one that is filling stand for. */
function covered(windowMs: number, atMs: number): number {
  return Math.max(LEAST_MS, Math.min(atMs, windowMs + (atMs % BUCKET_MS)));
}
