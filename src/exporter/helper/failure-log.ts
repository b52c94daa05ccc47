import type { Logger } from '../../component/logger.ts';
import type { Clock } from '../../internal/clock.ts';
import type { Failure } from './outcome.ts';

/** An absent backend is worth a line now and then, not one a request. */
const INTERVAL_MS = 10_000;

interface Entry {
  loggedAtMs: number;
  /** Of what has happened since the last line. */
  requests: number;
  items: number;
  fields: object;
}

/** Writes the first failure of a kind at once and sums up those that follow, one line every ten seconds. */
export class FailureLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** @param message what happened, the same text for the same kind; the latest `fields` of a kind are written */
  record(message: string, items: number, fields: object): void {
    const now = this.#clock.monotonic();
    const entry = this.#entries.get(message) ?? { loggedAtMs: Number.NEGATIVE_INFINITY, requests: 0, items: 0, fields };
    entry.requests++;
    entry.items += items;
    entry.fields = fields;
    this.#entries.set(message, entry);
    if (now - entry.loggedAtMs >= INTERVAL_MS) this.#write(message, entry, now);
  }

  /** Items that were taken over and could not be sent. */
  lost({ items, reason, error }: Failure, destination: string): void {
    this.record('Sending failed for good; the items are lost', items, { destination, reason, error: error.message });
  }

  /** Writes what was summed up and not yet written. */
  flush(): void {
    for (const [message, entry] of this.#entries) {
      if (entry.requests > 0) this.#write(message, entry, this.#clock.monotonic());
    }
  }

  #write(message: string, entry: Entry, nowMs: number): void {
    this.#logger.warn({ ...entry.fields, requests: entry.requests, items: entry.items }, message);
    entry.loggedAtMs = nowMs;
    entry.requests = 0;
    entry.items = 0;
  }
}
