import { formatGoDuration } from '../internal/go-duration.ts';
import type { Progress } from '../service/replay/replay.ts';
import type { Surroundings } from './command-line.ts';

/** No more often than this: a terminal is slow. */
const INTERVAL_MS = 100;

const BAR_WIDTH = 30;
const START_OF_LINE = '\r';
const TO_END_OF_LINE = '\u001b[K';

/** One line on a terminal that says how far a replay is; nothing where there is no terminal. */
export class ProgressBar {
  readonly #surroundings: Surroundings;
  #shownAt = Number.NEGATIVE_INFINITY;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  show({ share, spans, elapsedMs }: Progress): void {
    const columns = this.#surroundings.terminalColumns;
    const nowMs = performance.now();
    if (columns === undefined || nowMs - this.#shownAt < INTERVAL_MS) return;
    this.#shownAt = nowMs;
    const full = Math.round(share * BAR_WIDTH);
    const bar = '#'.repeat(full) + '.'.repeat(BAR_WIDTH - full);
    const line = `[${bar}] ${Math.floor(share * 100)} %  ${spans} spans, ${formatGoDuration(Math.round(elapsedMs / 1000) * 1000)} recorded`;
    this.#surroundings.writeError(START_OF_LINE + line.slice(0, columns - 1) + TO_END_OF_LINE);
  }

  /** Leaves the line empty for what is written next. */
  clear(): void {
    if (this.#shownAt > 0) this.#surroundings.writeError(START_OF_LINE + TO_END_OF_LINE);
  }
}
