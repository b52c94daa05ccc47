import type { SpanScan } from '../../pdata/otlp/span-scan.ts';

/** Longer pauses are no pauses of traffic: between two recordings, or a time that is wrong. They count as this. */
const MAX_PAUSE_MS = 3_600_000;

const MS_IN_HIGH = 2 ** 32 / 1e6;
const NS_PER_MS = 1e6;

/** When the last of a request's spans ended, ms since the Unix epoch; undefined where none has an end. */
export function endOfRequest(scan: SpanScan): number | undefined {
  let latest = 0;
  for (let row = 0; row < scan.spanCount; row++) {
    latest = Math.max(latest, scan.endHi[row]! * MS_IN_HIGH + scan.endLo[row]! / NS_PER_MS);
  }
  return latest === 0 ? undefined : latest;
}

/**
 * The time of a replay, ms since its beginning: that at which the requests were sent, as far as their spans tell. It never
 * goes back, and one span with a wrong time does not stop it for all that come after.
 */
export class RecordedTime {
  #elapsedMs = 0;
  /** When the replay began by the clock of the recording. */
  #originMs: number | undefined;

  /** The time at which a request comes whose spans ended at `endMs`. */
  advance(endMs: number | undefined): number {
    if (endMs === undefined) return this.#elapsedMs;
    this.#originMs ??= endMs;
    const pauseMs = endMs - this.#originMs - this.#elapsedMs;
    this.#elapsedMs += Math.min(Math.max(pauseMs, 0), MAX_PAUSE_MS);
    if (Math.abs(pauseMs) > MAX_PAUSE_MS) this.#originMs = endMs - this.#elapsedMs;
    return this.#elapsedMs;
  }
}
