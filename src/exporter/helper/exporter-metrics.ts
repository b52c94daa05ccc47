import type { ComponentSettings } from '../../component/factory.ts';
import type { Counter, Histogram, MetricDefinition } from '../../component/meter.ts';
import type { Signal } from '../../pdata/otlp/signal.ts';
import { metrics } from './metrics.ts';
import type { FailureReason, Outcome } from './outcome.ts';

const REASONS: readonly FailureReason[] = ['permanent', 'retries_exhausted', 'rejected', 'shutdown'];

const BY_SIGNAL: Readonly<Record<Signal, Readonly<Record<'sent' | 'sendFailed' | 'enqueueFailed', MetricDefinition>>>> = {
  traces: { sent: metrics.sentSpans, sendFailed: metrics.sendFailedSpans, enqueueFailed: metrics.enqueueFailedSpans },
  metrics: { sent: metrics.sentMetricPoints, sendFailed: metrics.sendFailedMetricPoints, enqueueFailed: metrics.enqueueFailedMetricPoints },
  logs: { sent: metrics.sentLogRecords, sendFailed: metrics.sendFailedLogRecords, enqueueFailed: metrics.enqueueFailedLogRecords },
};

/** What there is to read of a queue when somebody scrapes. */
export interface QueueReading {
  readonly size: number;
  readonly items: number;
  readonly memoryBytes: number;
}

/** The handles of one exporter and signal. */
export class ExporterMetrics {
  readonly #sent: Counter;
  readonly #sendFailed: Counter;
  readonly #enqueueFailed: Counter;
  readonly #failed: ReadonlyMap<FailureReason, Counter>;
  readonly #sentBytes: Counter;
  readonly #retries: Counter;
  readonly #duration: Histogram;
  readonly #settings: ComponentSettings;
  readonly #labels: { readonly exporter: string; readonly data_type: Signal };
  #inFlight = 0;

  constructor(settings: ComponentSettings & { readonly signal: Signal }) {
    const { meter, id, signal } = settings;
    const exporter = { exporter: id };
    const labels = { exporter: id, data_type: signal };
    this.#settings = settings;
    this.#labels = labels;
    this.#sent = meter.counter(BY_SIGNAL[signal].sent, exporter);
    this.#sendFailed = meter.counter(BY_SIGNAL[signal].sendFailed, exporter);
    this.#enqueueFailed = meter.counter(BY_SIGNAL[signal].enqueueFailed, exporter);
    this.#failed = new Map(REASONS.map((reason) => [reason, meter.counter(metrics.failedItems, { ...labels, reason })]));
    this.#sentBytes = meter.counter(metrics.sentBytes, labels);
    this.#retries = meter.counter(metrics.retries, labels);
    this.#duration = meter.histogram(metrics.requestDuration, labels);
    meter.observe(metrics.inFlightRequests, labels, () => this.#inFlight);
  }

  observeQueue(capacity: number, queue: QueueReading): void {
    const { meter } = this.#settings;
    meter.gauge(metrics.queueCapacity, this.#labels).set(capacity);
    meter.observe(metrics.queueSize, this.#labels, () => queue.size);
    meter.observe(metrics.queuedItems, this.#labels, () => queue.items);
    meter.observe(metrics.queuedBytes, this.#labels, () => queue.memoryBytes);
  }

  /** All that became of a request that ends here; what failed is lost. */
  ended({ sentItems, sentBytes, rejectedItems, failures }: Outcome): void {
    this.#sent.add(sentItems);
    this.#sentBytes.add(sentBytes);
    this.#lost(rejectedItems, 'rejected');
    for (const { items, reason } of failures) this.#lost(items, reason);
  }

  /** Items that cannot be sent and that whoever gave them still has: not lost here. What may come again is no failure yet. */
  refusedForGood(items: number): void {
    this.#sendFailed.add(items);
  }

  refused(items: number): void {
    this.#enqueueFailed.add(items);
  }

  retried(): void {
    this.#retries.add(1);
  }

  attempted(durationMs: number): void {
    this.#duration.record(durationMs / 1000);
  }

  requestStarted(): void {
    this.#inFlight++;
  }

  requestEnded(): void {
    this.#inFlight--;
  }

  #lost(items: number, reason: FailureReason): void {
    this.#sendFailed.add(items);
    this.#failed.get(reason)?.add(items);
  }
}
