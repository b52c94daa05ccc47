import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 1;
/** Pauses of this length are remembered one by one. */
export const LONG_MS = 20;
const LOOK_MS = 5;

/** One time in which an event loop stood still. */
export interface Pause {
  /** ms since the epoch */
  readonly fromMs: number;
  readonly ms: number;
}

/** How long an event loop stood still, ms. */
export interface Pauses {
  readonly longestMs: number;
  readonly p99Ms: number;
  readonly long: readonly Pause[];
}

/** Watches the event loop of this process. */
export class PauseWatch {
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #lookedMs = performance.now();
  #long: Pause[] = [];

  constructor() {
    this.#delays.enable();
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** What came before does not count. */
  reset(): void {
    this.#delays.reset();
    this.#long = [];
  }

  /** Ends the watch, which itself takes a timer's turn each ms. */
  stop(): void {
    this.#delays.disable();
    clearInterval(this.#timer);
  }

  get pauses(): Pauses {
    return { longestMs: this.#delays.max / 1e6, p99Ms: this.#delays.percentile(99) / 1e6, long: this.#long };
  }

  #look(): void {
    const nowMs = performance.now();
    const dueMs = this.#lookedMs + LOOK_MS;
    this.#lookedMs = nowMs;
    if (nowMs - dueMs >= LONG_MS) this.#long.push({ fromMs: performance.timeOrigin + dueMs, ms: nowMs - dueMs });
  }
}

/** Long pauses of one process that another, on another core, did not share for at least half of the time: what both had was the machine's. */
export function notShared(pauses: readonly Pause[], others: readonly Pause[]): Pause[] {
  return pauses.filter((pause) => others.reduce((sum, other) => sum + overlapMs(pause, other), 0) < pause.ms / 2);
}

function overlapMs(one: Pause, other: Pause): number {
  return Math.max(0, Math.min(one.fromMs + one.ms, other.fromMs + other.ms) - Math.max(one.fromMs, other.fromMs));
}
