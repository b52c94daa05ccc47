import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 1;

/** How long an event loop stood still, ms. */
export interface Pauses {
  readonly longestMs: number;
  readonly p99Ms: number;
}

/** Watches the event loop of this process. */
export class PauseWatch {
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#delays.enable();
  }

  /** What came before does not count. */
  reset(): void {
    this.#delays.reset();
  }

  /** Ends the watch, which itself takes a timer's turn each ms. */
  stop(): void {
    this.#delays.disable();
  }

  get pauses(): Pauses {
    return { longestMs: this.#delays.max / 1e6, p99Ms: this.#delays.percentile(99) / 1e6 };
  }
}
