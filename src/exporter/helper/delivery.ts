import { setMaxListeners } from 'node:events';
import { setImmediate as turnOfOthers } from 'node:timers/promises';
import type { ComponentSettings } from '../../component/factory.ts';
import type { OwnSpan } from '../../component/tracer.ts';
import { ConsumeError, toConsumeError } from '../../consumer/consume-error.ts';
import { sleep } from '../../internal/sleep.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import type { Signal } from '../../pdata/otlp/signal.ts';
import { splitRequest } from '../../pdata/otlp/split-request.ts';
import { Backoff } from './backoff.ts';
import type { DeliveryConfig } from './config.ts';
import { EncodingError } from './encoding-error.ts';
import type { ExporterMetrics } from './exporter-metrics.ts';
import type { FailureLog } from './failure-log.ts';
import type { Failure, Outcome } from './outcome.ts';
import type { Sender, SendResult } from './sender.ts';

/** Longest wait between attempts while stopping, where the backend asks for none: there is a deadline to meet. */
const STOPPING_WAIT_MS = 1000;

/**
 * Of a request that the destination cannot read, the parts are offered alone, so that one sender's damaged item does not
 * take others' along. So many attempts a request find one or two among thousands; a destination that can read nothing is
 * not asked for each item.
 */
const ISOLATING_ATTEMPTS = 64;

/**
 * Where a request cannot be encoded no destination is asked, and every damaged item is found: halving N items until each
 * is alone encodes their bytes log2(N) times. The bound is for what does not get smaller by halving: a damaged resource
 * goes with each of its items.
 */
const ISOLATING_ENCODINGS = 16;

/**
 * Brings one request to its destination: attempts with a timeout, waits between them, splitting of what the destination
 * finds too large or cannot read. What became of the items it hands back uncounted, so that whoever holds them can count and let go of
 * them at one moment.
 */
export class Delivery {
  readonly #sender: Sender;
  readonly #config: DeliveryConfig;
  readonly #settings: ComponentSettings & { readonly signal: Signal };
  readonly #metrics: ExporterMetrics;
  readonly #failureLog: FailureLog;
  /** Aborts when waits are to be cut short, and when nothing more is to be tried. */
  readonly #hurry = new AbortController();
  readonly #end = new AbortController();

  constructor(
    sender: Sender,
    config: DeliveryConfig,
    settings: ComponentSettings & { readonly signal: Signal },
    metrics: ExporterMetrics,
    failureLog: FailureLog,
  ) {
    this.#sender = sender;
    this.#config = config;
    this.#settings = settings;
    this.#metrics = metrics;
    this.#failureLog = failureLog;
    setMaxListeners(0, this.#hurry.signal, this.#end.signal);
  }

  /** From now on waits are short, but for those that the backend asks for. */
  hurry(): void {
    this.#hurry.abort();
  }

  /** Ends what is under way, and all that comes, as failed for `shutdown`. */
  end(): void {
    this.#hurry.abort();
    this.#end.abort();
  }

  /** Never rejects. */
  async deliver(request: ExportRequest): Promise<Outcome> {
    const span = this.#settings.tracer.startSpan(`exporter/${this.#settings.id}/${request.signal}`, 'client');
    span?.setAttribute('items', request.itemCount);
    span?.setAttribute('bytes', request.bytes.length);
    this.#metrics.requestStarted();
    const outcome = await this.#deliver(request, span, {
      attemptsLeft: ISOLATING_ATTEMPTS,
      bytesLeft: ISOLATING_ENCODINGS * request.bytes.length,
    });
    this.#metrics.requestEnded();
    span?.end(outcome.failures[0]?.error);
    return outcome;
  }

  async #deliver(request: ExportRequest, span: OwnSpan | undefined, isolation: Isolation): Promise<Outcome> {
    const backoff = new Backoff(this.#config.retry_on_failure, this.#settings.random);
    const startedAtMs = this.#settings.clock.monotonic();
    for (let attempts = 1; ; attempts++) {
      if (this.#end.signal.aborted) return failed(request, 'shutdown', new ConsumeError('unavailable', 'the exporter has stopped'));
      span?.setAttribute('attempts', attempts);
      try {
        return this.#taken(request, await this.#attempt(request));
      } catch (thrown) {
        const error = toConsumeError(thrown);
        if (this.#end.signal.aborted) return failed(request, 'shutdown', error);
        if (request.itemCount > 1 && mayPassInParts(request, error, isolation)) {
          // Nothing else waits between one encoding and the next.
          if (error instanceof EncodingError) await turnOfOthers();
          return this.#deliverHalves(request, span, isolation);
        }
        if (!error.isRetryable) return failed(request, 'permanent', error);
        const waitMs = this.#nextWait(backoff, startedAtMs, error);
        if (waitMs === undefined) return failed(request, 'retries_exhausted', error);
        await this.#wait(request, waitMs, error);
      }
    }
  }

  #taken(request: ExportRequest, { rejectedItems, errorMessage }: SendResult): Outcome {
    // A backend that claims to have rejected more than it got must not make the account negative.
    const rejected = Math.min(Math.max(0, rejectedItems), request.itemCount);
    if (rejected > 0) {
      this.#failureLog.record('The destination took a request without some of its items; they are lost', rejected, this.#fields(errorMessage));
    } else if (errorMessage !== '') {
      this.#failureLog.record('The destination took a request with a warning', request.itemCount, this.#fields(errorMessage));
    }
    return { sentItems: request.itemCount - rejected, sentBytes: request.bytes.length, rejectedItems: rejected, failures: [] };
  }

  async #attempt(request: ExportRequest): Promise<SendResult> {
    const { clock } = this.#settings;
    const { timeout: timeoutMs } = this.#config;
    const attempt = new AbortController();
    const abort = (): void => attempt.abort();
    const timer = timeoutMs === 0 ? undefined : clock.setTimer(abort, timeoutMs);
    this.#end.signal.addEventListener('abort', abort);
    const startedAtMs = clock.monotonic();
    try {
      return await this.#sender.send(request, { signal: attempt.signal, timeoutMs: timeoutMs === 0 ? undefined : timeoutMs });
    } catch (error) {
      if (!attempt.signal.aborted) throw error;
      throw new ConsumeError('timeout', `no answer within ${timeoutMs} ms`, { cause: error });
    } finally {
      this.#metrics.attempted(clock.monotonic() - startedAtMs);
      this.#end.signal.removeEventListener('abort', abort);
      if (timer !== undefined) clock.clearTimer(timer);
    }
  }

  /** Where the limit of the destination lies, or what it cannot read, only it knows; halving finds it in few attempts. */
  async #deliverHalves(request: ExportRequest, span: OwnSpan | undefined, isolation: Isolation): Promise<Outcome> {
    let parts: readonly ExportRequest[];
    try {
      parts = splitRequest(request, Math.ceil(request.itemCount / 2));
    } catch (error) {
      return failed(request, 'permanent', new ConsumeError('malformed', 'too damaged to be split', { cause: error }));
    }
    const outcomes: Outcome[] = [];
    for (const part of parts) outcomes.push(await this.#deliver(part, span, isolation));
    return {
      sentItems: outcomes.reduce((sum, { sentItems }) => sum + sentItems, 0),
      sentBytes: outcomes.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
      rejectedItems: outcomes.reduce((sum, { rejectedItems }) => sum + rejectedItems, 0),
      failures: outcomes.flatMap(({ failures }) => failures),
    };
  }

  #nextWait(backoff: Backoff, startedAtMs: number, error: ConsumeError): number | undefined {
    if (!this.#config.retry_on_failure.enabled) return undefined;
    const waitMs = backoff.next(this.#settings.clock.monotonic() - startedAtMs, error.retryAfterMs);
    if (waitMs === undefined || !this.#hurry.signal.aborted) return waitMs;
    return Math.min(waitMs, Math.max(STOPPING_WAIT_MS, error.retryAfterMs ?? 0));
  }

  async #wait(request: ExportRequest, waitMs: number, error: ConsumeError): Promise<void> {
    this.#metrics.retried();
    this.#failureLog.record('Sending failed and will be tried again', request.itemCount, {
      ...this.#fields(error.message),
      retry_in_ms: Math.round(waitMs),
    });
    const canBeCutShort = error.retryAfterMs === undefined && !this.#hurry.signal.aborted;
    await sleep(this.#settings.clock, waitMs, canBeCutShort ? this.#hurry.signal : this.#end.signal);
  }

  #fields(reason: string): object {
    return { destination: this.#sender.destination, error: reason };
  }
}

/** What may still be spent on finding the items of one request that cannot be encoded or that the destination cannot read. */
interface Isolation {
  attemptsLeft: number;
  /** Of requests that could not be encoded. */
  bytesLeft: number;
}

function mayPassInParts(request: ExportRequest, error: ConsumeError, isolation: Isolation): boolean {
  if (error.code === 'too_large') return true;
  if (error instanceof EncodingError) {
    isolation.bytesLeft -= request.bytes.length;
    return isolation.bytesLeft >= 0;
  }
  if (error.code !== 'malformed' || isolation.attemptsLeft <= 0) return false;
  isolation.attemptsLeft -= 2;
  return true;
}

function failed(request: ExportRequest, reason: Failure['reason'], error: ConsumeError): Outcome {
  return { sentItems: 0, sentBytes: 0, rejectedItems: 0, failures: [{ items: request.itemCount, reason, error }] };
}
