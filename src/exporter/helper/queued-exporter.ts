import type { Component, Deadline } from '../../component/component.ts';
import type { ComponentSettings } from '../../component/factory.ts';
import { ConsumeError } from '../../consumer/consume-error.ts';
import type { Consumer } from '../../consumer/consumer.ts';
import { RingQueue } from '../../internal/ring-queue.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import type { Signal } from '../../pdata/otlp/signal.ts';
import type { Batch } from './batch.ts';
import type { DeliveryConfig } from './config.ts';
import { Delivery } from './delivery.ts';
import { ExporterMetrics } from './exporter-metrics.ts';
import { FailureLog } from './failure-log.ts';
import type { Sender } from './sender.ts';
import { SendingQueue } from './sending-queue.ts';

interface Waiting {
  readonly request: ExportRequest;
  readonly taken: () => void;
  readonly refused: (error: ConsumeError) => void;
}

/**
 * An exporter that takes requests over at once and answers for them: queue, batching, `num_consumers` deliveries at a
 * time. A full queue refuses (or lets wait, with `block_on_overflow`); it never drops.
 */
export class QueuedExporter implements Component, Consumer {
  readonly #sender: Sender;
  readonly #config: DeliveryConfig;
  readonly #settings: ComponentSettings;
  readonly #metrics: ExporterMetrics;
  readonly #failureLog: FailureLog;
  readonly #delivery: Delivery;
  readonly #queue: SendingQueue;
  readonly #waiting = new RingQueue<Waiting>();
  #deliveries = 0;
  #stopping: Promise<void> | undefined;
  #lostAtShutdown = 0;
  #onIdle: (() => void) | undefined;

  constructor(sender: Sender, config: DeliveryConfig, settings: ComponentSettings & { readonly signal: Signal }) {
    this.#sender = sender;
    this.#config = config;
    this.#settings = settings;
    this.#metrics = new ExporterMetrics(settings);
    this.#failureLog = new FailureLog(settings.logger, settings.clock);
    this.#delivery = new Delivery(sender, config, settings, this.#metrics, this.#failureLog);
    this.#queue = new SendingQueue(config.sending_queue, settings.signal, settings.clock, () => this.#startDeliveries());
    this.#metrics.observeQueue(config.sending_queue.queue_size, this.#queue);
  }

  start(): Promise<void> {
    return this.#sender.start();
  }

  consume(request: ExportRequest): Promise<void> {
    if (this.#stopping !== undefined) return Promise.reject(stopped());
    if (this.#waiting.length === 0 && this.#queue.fits(request)) {
      this.#queue.offer(request);
      return Promise.resolve();
    }
    if (this.#config.sending_queue.block_on_overflow) {
      return new Promise((taken, refused) => this.#waiting.push({ request, taken, refused }));
    }
    this.#metrics.refused(request.itemCount);
    this.#failureLog.record('The sending queue is full; senders are asked to come again', request.itemCount, { destination: this.#sender.destination });
    const { queue_size: capacity, sizer, max_bytes: maxBytes } = this.#config.sending_queue;
    const held = `${this.#queue.size} of ${capacity} ${sizer}, ${this.#queue.memoryBytes} of ${maxBytes} bytes of memory`;
    const message = `${this.#settings.id}: the sending queue is full (${held})`;
    // Without a delay: a receiver tells its senders one, and what is in this process may look again sooner.
    return Promise.reject(new ConsumeError('overloaded', message));
  }

  shutdown(deadline: Deadline): Promise<void> {
    this.#stopping ??= this.#stop(deadline);
    return this.#stopping;
  }

  async #stop(deadline: Deadline): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next.refused(stopped());
    this.#delivery.hurry();
    this.#queue.flush();
    await this.#drained(deadline.signal);
    this.#failureLog.flush();
    if (this.#lostAtShutdown > 0) {
      const fields = { items: this.#lostAtShutdown, destination: this.#sender.destination };
      this.#settings.logger.error(fields, 'The time to stop was over before everything was sent; the rest is lost');
    }
    await this.#sender.close();
  }

  /** Resolves when nothing is held any more; what is left when `signal` aborts ends as failed. */
  async #drained(signal: AbortSignal): Promise<void> {
    if (this.#queue.requests === 0) return;
    const end = (): void => this.#delivery.end();
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
    signal.removeEventListener('abort', end);
  }

  #startDeliveries(): void {
    while (this.#deliveries < this.#config.sending_queue.num_consumers) {
      const batch = this.#queue.take();
      if (batch === undefined) return;
      this.#deliveries++;
      void this.#deliver(batch);
    }
  }

  async #deliver(batch: Batch): Promise<void> {
    const outcome = await this.#delivery.deliver(batch);
    this.#metrics.ended(outcome);
    this.#queue.release(batch);
    for (const failure of outcome.failures) {
      if (failure.reason === 'shutdown') this.#lostAtShutdown += failure.items;
      else this.#failureLog.lost(failure, this.#sender.destination);
    }
    this.#deliveries--;
    this.#admitWaiting();
    this.#startDeliveries();
    if (this.#queue.requests === 0) this.#onIdle?.();
  }

  #admitWaiting(): void {
    for (let next = this.#waiting.peek(); next !== undefined && this.#queue.fits(next.request); next = this.#waiting.peek()) {
      this.#waiting.shift();
      this.#queue.offer(next.request);
      next.taken();
    }
  }
}

function stopped(): ConsumeError {
  return new ConsumeError('unavailable', 'the exporter is stopping');
}
