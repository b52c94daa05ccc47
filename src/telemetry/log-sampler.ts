import type { Clock } from '../internal/clock.ts';
import type { LogsTelemetryConfig } from './logs-config.ts';

/** Distinct lines that are counted in one interval; beyond, lines are written uncounted. */
const MAX_COUNTED = 4096;

/** Holds back a flood of equal lines: the first few of each interval are written, then each so-many-eth. */
export class LogSampler {
  readonly #config: LogsTelemetryConfig['sampling'];
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();
  #intervalEnd = Number.NEGATIVE_INFINITY;

  constructor(config: LogsTelemetryConfig['sampling'], clock: Clock) {
    this.#config = config;
    this.#clock = clock;
  }

  /** Whether this line is written. */
  admit(level: number, message: string): boolean {
    const { enabled, tick, initial, thereafter } = this.#config;
    if (!enabled) return true;
    const now = this.#clock.monotonic();
    if (now >= this.#intervalEnd) {
      this.#counts.clear();
      this.#intervalEnd = now + tick;
    }
    const key = `${level} ${message}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    if (count > 1 || this.#counts.size < MAX_COUNTED) this.#counts.set(key, count);
    if (count <= initial) return true;
    return thereafter > 0 && (count - initial) % thereafter === 0;
  }
}
