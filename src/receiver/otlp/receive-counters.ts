import type { Counter, Meter } from '../../component/meter.ts';
import type { ConsumeErrorCode } from '../../consumer/consume-error.ts';
import type { Signal } from '../../pdata/otlp/signal.ts';
import { itemMetrics, metrics } from './metrics.ts';

/** How requests reach the receiver; the label `transport`. */
export type Transport = 'grpc' | 'http';

/** Why a request was not taken: what is wrong with it, or what the rest of the pipeline said. */
export type RefusalReason =
  | ConsumeErrorCode
  /** A trace id of zeros or an id of the wrong length. */
  | 'invalid_id'
  | 'unknown_path'
  | 'wrong_method'
  | 'unsupported_content_type'
  | 'unsupported_content_encoding';

/** The counters of one transport of one receiver. */
export class TransportCounters {
  readonly #meter: Meter;
  readonly #labels: { readonly receiver: string; readonly transport: Transport };
  readonly #refused = new Map<RefusalReason, Counter>();
  readonly success: Counter;
  readonly refusal: Counter;
  readonly failure: Counter;
  /** Requests on their way through the pipeline. */
  inFlight = 0;

  constructor(meter: Meter, receiver: string, transport: Transport) {
    this.#meter = meter;
    this.#labels = { receiver, transport };
    this.success = meter.counter(metrics.requests, { ...this.#labels, outcome: 'success' });
    this.refusal = meter.counter(metrics.requests, { ...this.#labels, outcome: 'refused' });
    this.failure = meter.counter(metrics.requests, { ...this.#labels, outcome: 'failure' });
    meter.observe(metrics.inFlightRequests, this.#labels, () => this.inFlight);
  }

  /** Counts a request that was answered with an error. */
  refuseRequest(reason: RefusalReason): void {
    let counter = this.#refused.get(reason);
    if (counter === undefined) {
      counter = this.#meter.counter(metrics.refusedRequests, { ...this.#labels, reason });
      this.#refused.set(reason, counter);
    }
    counter.add(1);
  }

  forSignal(signal: Signal): SignalCounters {
    return new SignalCounters(this.#meter, this.#labels, signal);
  }
}

/** The counters of what one signal's requests carry. */
export class SignalCounters {
  readonly #meter: Meter;
  readonly #labels: { readonly receiver: string; readonly transport: Transport };
  readonly #signal: Signal;
  readonly #refusedByReason = new Map<RefusalReason, Counter>();
  readonly #refused: Counter;
  readonly accepted: Counter;
  readonly failed: Counter;
  readonly bytes: Counter;

  constructor(meter: Meter, labels: { readonly receiver: string; readonly transport: Transport }, signal: Signal) {
    const { accepted, refused, failed } = itemMetrics[signal];
    this.#meter = meter;
    this.#labels = labels;
    this.#signal = signal;
    this.accepted = meter.counter(accepted, labels);
    this.#refused = meter.counter(refused, labels);
    this.failed = meter.counter(failed, labels);
    this.bytes = meter.counter(metrics.receivedBytes, { ...labels, data_type: signal });
  }

  refuseItems(reason: RefusalReason, itemCount: number): void {
    this.#refused.add(itemCount);
    let counter = this.#refusedByReason.get(reason);
    if (counter === undefined) {
      counter = this.#meter.counter(metrics.refusedItems, { ...this.#labels, data_type: this.#signal, reason });
      this.#refusedByReason.set(reason, counter);
    }
    counter.add(itemCount);
  }
}
