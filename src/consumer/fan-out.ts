import type { Clock } from '../internal/clock.ts';
import { sleep } from '../internal/sleep.ts';
import type { ExportRequest } from '../pdata/otlp/export-request.ts';
import type { ConsumeError } from './consume-error.ts';
import type { Consumer } from './consumer.ts';
import { offer } from './offer.ts';

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5000;
const RETRY_FACTOR = 2;

/** One place that a fan-out delivers to. */
export interface Branch {
  readonly next: Consumer;
  /** Told of each request that others took and this one did not, for good: `error` is permanent, or the stop came first. */
  readonly onLost: (request: ExportRequest, error: ConsumeError) => void;
}

export interface FanOutSettings {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Ends all waiting for branches that cannot take anything at the moment. */
  readonly signal: AbortSignal;
}

/**
 * Gives each request to every branch, once.
 *
 * Taken by all: taken. Taken by none: rejected with the error that tells most, so that whoever sent it decides. Taken by
 * some: it cannot be refused any more without those getting it twice; the others are offered it again while they ask for
 * that, and the promise stays pending, which holds back the sender. What a branch refuses for good is its own loss.
 */
export class FanOut implements Consumer {
  readonly #branches: readonly Branch[];
  readonly #settings: FanOutSettings;

  constructor(branches: readonly Branch[], settings: FanOutSettings) {
    this.#branches = branches;
    this.#settings = settings;
  }

  async consume(request: ExportRequest): Promise<void> {
    const offers = await Promise.all(this.#branches.map(async (branch) => ({ branch, error: await offer(branch.next, request) })));
    const refusals = offers.flatMap(({ branch, error }) => (error === undefined ? [] : [{ branch, error }]));
    if (refusals.length === 0) return;
    if (refusals.length === offers.length) throw mostTelling(refusals.map(({ error }) => error));
    await Promise.all(refusals.map(({ branch, error }) => this.#offerAgain(branch, request, error)));
  }

  /** Until the branch takes it, refuses it for good, or all waiting ends. */
  async #offerAgain(branch: Branch, request: ExportRequest, refusal: ConsumeError): Promise<void> {
    let error: ConsumeError | undefined = refusal;
    for (let waitMs = FIRST_RETRY_MS; error.isRetryable && !this.#settings.signal.aborted; waitMs = Math.min(waitMs * RETRY_FACTOR, MAX_RETRY_MS)) {
      const spread = 0.5 + this.#settings.random();
      await sleep(this.#settings.clock, Math.max(waitMs * spread, error.retryAfterMs ?? 0), this.#settings.signal);
      error = await offer(branch.next, request);
      if (error === undefined) return;
    }
    branch.onLost(request, error);
  }
}

/** While one branch may still take it the request should come again: a retryable error first, the longest wait among those. */
function mostTelling(errors: readonly ConsumeError[]): ConsumeError {
  return errors.reduce((best, error) => (weight(error) > weight(best) ? error : best));
}

function weight({ isRetryable, retryAfterMs = 0 }: ConsumeError): number {
  return isRetryable ? 1 + retryAfterMs : 0;
}
