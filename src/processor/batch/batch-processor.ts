import type { Component, Deadline } from '../../component/component.ts';
import type { ComponentSettings } from '../../component/factory.ts';
import type { Counter, Histogram } from '../../component/meter.ts';
import { ConsumeError, toConsumeError } from '../../consumer/consume-error.ts';
import type { Consumer } from '../../consumer/consumer.ts';
import { offer } from '../../consumer/offer.ts';
import type { TimerHandle } from '../../internal/clock.ts';
import { settledOrAborted } from '../../internal/settled-or-aborted.ts';
import { sleep } from '../../internal/sleep.ts';
import { Throttle } from '../../internal/throttle.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import type { Signal } from '../../pdata/otlp/signal.ts';
import { joinRequests, splitRequest } from '../../pdata/otlp/split-request.ts';
import type { BatchConfig } from './config.ts';
import { FAILURE_REASONS, metrics } from './metrics.ts';

type BatchSettings = ComponentSettings & { readonly signal: Signal };
type Trigger = 'size' | 'timeout' | 'shutdown';

/** Beyond this many items, or twice a larger send_batch_size, new input is refused until what is held has gone on. */
const MIN_HELD_ITEMS = 2 * 8192;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5000;
const LOG_INTERVAL_MS = 10_000;

/**
 * Joins small requests into large ones.
 *
 * ```
 *  consume ──► pending ──(size | timeout | shutdown)──► batches, one after the other ──► next
 *              └──────────────────── held: at most twice the batch size ──────────┘
 * ```
 *
 * Whoever sent an item was told that it is taken as soon as it is pending. So a batch that is refused for now is kept and
 * offered again, in order, and meanwhile new input is refused once too much is held: back-pressure instead of loss.
 */
export class BatchProcessor implements Component, Consumer {
  readonly #config: BatchConfig;
  readonly #settings: BatchSettings;
  readonly #next: Consumer;
  readonly #maxHeldItems: number;

  #pending: ExportRequest[] = [];
  #pendingItems = 0;
  /** Pending items and those of the batches being sent. */
  #heldItems = 0;
  #timer: TimerHandle | undefined;
  /** Why the pending requests are to be sent as soon as the batches before them are gone. */
  #due: Trigger | undefined;
  #isSending = false;
  /** The last run of sending, for the shutdown to wait for. */
  #sending = Promise.resolve();
  /** Aborting it ends the wait before a retry. */
  #pause: AbortController | undefined;
  #retryMs = FIRST_RETRY_MS;
  #isStopping = false;
  /** The shutdown's time is over: what is still held has been counted as failed. */
  #isAbandoned = false;

  readonly #sendSize: Histogram;
  readonly #sendSizeBytes: Histogram;
  readonly #sizeTrigger: Counter;
  readonly #timeoutTrigger: Counter;
  readonly #retries: Counter;
  readonly #refusalLog: Throttle;
  readonly #failureLog: Throttle;

  constructor(config: BatchConfig, settings: BatchSettings, next: Consumer) {
    this.#config = config;
    this.#settings = settings;
    this.#next = next;
    this.#maxHeldItems = Math.max(MIN_HELD_ITEMS, 2 * config.send_batch_size);
    this.#refusalLog = new Throttle(settings.clock, LOG_INTERVAL_MS);
    this.#failureLog = new Throttle(settings.clock, LOG_INTERVAL_MS);

    const { id, signal, meter } = settings;
    this.#sendSize = meter.histogram(metrics.sendSize, { processor: id });
    this.#sendSizeBytes = meter.histogram(metrics.sendSizeBytes, { processor: id });
    this.#sizeTrigger = meter.counter(metrics.sizeTrigger, { processor: id });
    this.#timeoutTrigger = meter.counter(metrics.timeoutTrigger, { processor: id });
    this.#retries = meter.counter(metrics.retries, { processor: id, data_type: signal });
    meter.observe(metrics.metadataCardinality, { processor: id }, () => 1);
    meter.observe(metrics.pendingItems, { processor: id, data_type: signal }, () => this.#heldItems);
    for (const reason of FAILURE_REASONS) this.#failedItems(reason);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  consume(request: ExportRequest): Promise<void> {
    if (this.#isStopping) return Promise.reject(new ConsumeError('unavailable', `${this.#settings.id} is shutting down`));
    if (request.itemCount === 0) return Promise.resolve();
    if (this.#heldItems >= this.#maxHeldItems) {
      const message = `${this.#settings.id} holds ${this.#heldItems} items that could not be handed on yet`;
      return Promise.reject(new ConsumeError('overloaded', message, { retryAfterMs: this.#retryMs }));
    }
    // Alone in its batch a request is handed on as it is: it must own its bytes, and the scan is lent for this call only.
    this.#pending.push({ ...joinRequests([request]), scan: undefined });
    this.#pendingItems += request.itemCount;
    this.#heldItems += request.itemCount;
    if (this.#config.timeout === 0 || this.#pendingItems >= this.#config.send_batch_size) this.#flush('size');
    else this.#startTimer();
    return Promise.resolve();
  }

  async shutdown(deadline: Deadline): Promise<void> {
    this.#isStopping = true;
    this.#stopTimer();
    // What waits for a retry is offered at once: downstream may have recovered, and the time is short.
    this.#pause?.abort();
    this.#flush('shutdown');
    await settledOrAborted(this.#sending, deadline.signal);
    if (this.#heldItems === 0) return;
    this.#isAbandoned = true;
    this.#pause?.abort();
    this.#failedItems('shutdown').add(this.#heldItems);
    this.#settings.logger.error({ items: this.#heldItems }, 'The time to shut down is over: items in batches are lost');
    this.#heldItems = 0;
    this.#pendingItems = 0;
    this.#pending = [];
  }

  #startTimer(): void {
    this.#timer ??= this.#settings.clock.setTimer(() => {
      this.#timer = undefined;
      this.#flush('timeout');
    }, this.#config.timeout);
  }

  #stopTimer(): void {
    if (this.#timer !== undefined) this.#settings.clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  #flush(trigger: Trigger): void {
    if (this.#pendingItems === 0) return;
    // A size trigger may leave a rest below the batch size to wait for more; the others leave nothing.
    if (this.#due === undefined || this.#due === 'size') this.#due = trigger;
    if (!this.#isSending) this.#sending = this.#sendDue();
  }

  async #sendDue(): Promise<void> {
    this.#isSending = true;
    while (this.#due !== undefined && !this.#isAbandoned) {
      const trigger = this.#due;
      this.#due = undefined;
      for (const batch of this.#takeBatches(trigger)) await this.#send(batch, trigger);
    }
    this.#isSending = false;
  }

  /** The pending requests as batches within the size limit. */
  #takeBatches(trigger: Trigger): readonly ExportRequest[] {
    this.#stopTimer();
    if (this.#pendingItems === 0) return [];
    const joined = joinRequests(this.#pending);
    this.#pending = [];
    this.#pendingItems = 0;
    const { send_batch_max_size: maxSize, send_batch_size: size } = this.#config;
    if (maxSize === 0) return [joined];

    let batches: ExportRequest[];
    try {
      batches = splitRequest(joined, maxSize);
    } catch (error) {
      this.#fail(joined, toConsumeError(error));
      return [];
    }
    const rest = batches.at(-1);
    if (trigger === 'size' && rest !== undefined && rest.itemCount < size) {
      batches.pop();
      this.#pending = [rest];
      this.#pendingItems = rest.itemCount;
      this.#startTimer();
    }
    return batches;
  }

  /** Hands one batch on, however often it takes; returns when it is gone, one way or the other. */
  async #send(batch: ExportRequest, trigger: Trigger): Promise<void> {
    for (let backoffMs = FIRST_RETRY_MS; !this.#isAbandoned; backoffMs = Math.min(2 * backoffMs, MAX_RETRY_MS)) {
      const error = await offer(this.#next, batch);
      if (this.#isAbandoned) return;
      if (error === undefined) {
        this.#recordSent(batch, trigger);
        return;
      }
      if (!error.isRetryable) {
        this.#fail(batch, error);
        return;
      }
      await this.#pauseAfter(error, backoffMs);
    }
  }

  async #pauseAfter(error: ConsumeError, backoffMs: number): Promise<void> {
    const { clock, logger, random } = this.#settings;
    this.#retries.add(1);
    this.#retryMs = error.retryAfterMs ?? backoffMs * (0.5 + random());
    const events = this.#refusalLog.admit();
    if (events > 0) {
      logger.warn({ error, refusals: events, held_items: this.#heldItems, retry_after_ms: this.#retryMs }, 'A batch was refused for now');
    }
    this.#pause = new AbortController();
    await sleep(clock, this.#retryMs, this.#pause.signal);
  }

  #recordSent(batch: ExportRequest, trigger: Trigger): void {
    this.#heldItems -= batch.itemCount;
    (trigger === 'size' ? this.#sizeTrigger : this.#timeoutTrigger).add(1);
    this.#sendSize.record(batch.itemCount);
    this.#sendSizeBytes.record(batch.bytes.length);
  }

  #fail(batch: ExportRequest, error: ConsumeError): void {
    this.#heldItems -= batch.itemCount;
    this.#failedItems(error.code).add(batch.itemCount);
    const events = this.#failureLog.admit();
    if (events > 0) {
      this.#settings.logger.error({ error, batches: events, items: batch.itemCount }, 'A batch was refused for good and is lost');
    }
  }

  #failedItems(reason: string): Counter {
    const { id, signal, meter } = this.#settings;
    return meter.counter(metrics.failedItems, { processor: id, data_type: signal, reason });
  }
}
