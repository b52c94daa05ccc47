import type { OwnSpan, Tracer } from '../../component/tracer.ts';
import { ConsumeError, toConsumeError } from '../../consumer/consume-error.ts';
import type { Consumer } from '../../consumer/consumer.ts';
import { countItems } from '../../pdata/otlp/count-items.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import { scanTraces } from '../../pdata/otlp/scan-traces.ts';
import type { Signal } from '../../pdata/otlp/signal.ts';
import type { SpanScan } from '../../pdata/otlp/span-scan.ts';
import type { ExportResponse } from '../../pdata/service/export-response.ts';
import { WireError } from '../../pdata/wire/wire-error.ts';
import type { RefusalReason, SignalCounters, TransportCounters } from './receive-counters.ts';
import type { ScanPool } from './scan-pool.ts';
import { withoutInvalidSpans } from './without-invalid-spans.ts';

/** Called exactly once: with an error when nothing of the request was taken, else with what to answer. */
export type Answer = (error: ConsumeError | undefined, response: ExportResponse) => void;

/** Which senders are told, for a pipeline that is full but says not for how long. */
const DEFAULT_RETRY_AFTER_MS = 1000;

const ALL_TAKEN: ExportResponse = { rejectedItems: 0, errorMessage: '' };

export interface IntakeOptions {
  readonly signal: Signal;
  readonly transport: TransportCounters;
  readonly tracer: Tracer;
  readonly scans: ScanPool;
  readonly next: Consumer;
}

/**
 * Where the bytes of one signal enter the pipeline, whichever protocol they came over: walks them once, refuses what is no
 * OTLP, hands on what is valid and counts all of it.
 */
export class Intake {
  readonly signal: Signal;
  readonly #transport: TransportCounters;
  readonly #counters: SignalCounters;
  readonly #tracer: Tracer;
  readonly #scans: ScanPool;
  readonly #next: Consumer;
  readonly #spanName: string;

  constructor(options: IntakeOptions) {
    this.signal = options.signal;
    this.#transport = options.transport;
    this.#counters = options.transport.forSignal(options.signal);
    this.#tracer = options.tracer;
    this.#scans = options.scans;
    this.#next = options.next;
    this.#spanName = `receive ${options.signal}`;
  }

  /**
   * `bytes` is an `Export…ServiceRequest`; it is read until `answer` is called and not changed. Where it `isLent`, others
   * will be written in its place then: who keeps it has to copy it.
   */
  receive(bytes: Uint8Array, isLent: boolean, answer: Answer): void {
    this.#counters.bytes.add(bytes.length);
    const span = this.#tracer.startSpan(this.#spanName, 'server');
    const retainable = !isLent && ownsMemory(bytes);
    if (this.signal === 'traces') this.#receiveTraces(bytes, retainable, span, answer);
    else this.#receiveCounted(this.signal, bytes, retainable, span, answer);
  }

  #receiveCounted(signal: Signal, bytes: Uint8Array, retainable: boolean, span: OwnSpan | undefined, answer: Answer): void {
    let itemCount: number;
    try {
      itemCount = countItems(signal, bytes);
    } catch (error) {
      this.#refuse(unreadable(error), 0, span, answer);
      return;
    }
    this.#handOn({ signal, bytes, itemCount, retainable, scan: undefined }, ALL_TAKEN, span, answer);
  }

  #receiveTraces(bytes: Uint8Array, retainable: boolean, span: OwnSpan | undefined, answer: Answer): void {
    const scan = this.#scans.take();
    try {
      scanTraces(bytes, scan);
    } catch (error) {
      this.#scans.give(scan);
      this.#refuse(unreadable(error), 0, span, answer);
      return;
    }
    if (scan.invalidSpanCount > 0) {
      this.#receivePart(bytes, scan, span, answer);
      return;
    }
    const { spanCount: itemCount } = scan;
    this.#handOn({ signal: 'traces', bytes, itemCount, retainable, scan }, ALL_TAKEN, span, answer);
  }

  /** A request with spans that belong to no trace: the others are taken, and the sender learns of these. */
  #receivePart(bytes: Uint8Array, scan: SpanScan, span: OwnSpan | undefined, answer: Answer): void {
    const rejectedItems = scan.invalidSpanCount;
    const errorMessage =
      `${rejectedItems} of ${scan.spanCount} spans have an invalid id: ` +
      'a trace id is 16 bytes that are not all zero, a span id is 8';
    if (rejectedItems === scan.spanCount) {
      this.#scans.give(scan);
      this.#refuse(new ConsumeError('malformed', errorMessage), rejectedItems, span, answer, 'invalid_id');
      return;
    }
    this.#counters.refuseItems('invalid_id', rejectedItems);
    const valid = withoutInvalidSpans(bytes, scan);
    scanTraces(valid, scan);
    const request: ExportRequest = { signal: 'traces', bytes: valid, itemCount: scan.spanCount, retainable: ownsMemory(valid), scan };
    this.#handOn(request, { rejectedItems, errorMessage }, span, answer);
  }

  #handOn(request: ExportRequest, response: ExportResponse, span: OwnSpan | undefined, answer: Answer): void {
    span?.setAttribute('items', request.itemCount);
    // The specification wants success for an empty request, and there is nothing to pass on.
    if (request.itemCount === 0) {
      this.#giveBack(request);
      this.#succeed(response, span, answer);
      return;
    }
    this.#transport.inFlight++;
    this.#consume(request).then(
      () => this.#accept(request, response, span, answer),
      (error: unknown) => this.#reject(request, error, span, answer),
    );
  }

  #accept(request: ExportRequest, response: ExportResponse, span: OwnSpan | undefined, answer: Answer): void {
    this.#transport.inFlight--;
    this.#giveBack(request);
    this.#counters.accepted.add(request.itemCount);
    this.#succeed(response, span, answer);
  }

  #reject(request: ExportRequest, error: unknown, span: OwnSpan | undefined, answer: Answer): void {
    this.#transport.inFlight--;
    this.#giveBack(request);
    this.#refuse(toConsumeError(error), request.itemCount, span, answer);
  }

  #succeed(response: ExportResponse, span: OwnSpan | undefined, answer: Answer): void {
    this.#transport.success.add(1);
    span?.end();
    answer(undefined, response);
  }

  #consume(request: ExportRequest): Promise<void> {
    try {
      return this.#next.consume(request);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #giveBack(request: ExportRequest): void {
    if (request.scan !== undefined) this.#scans.give(request.scan);
  }

  #refuse(
    error: ConsumeError,
    itemCount: number,
    span: OwnSpan | undefined,
    answer: Answer,
    reason: RefusalReason = error.code,
  ): void {
    if (error.code === 'internal') {
      this.#counters.failed.add(itemCount);
      this.#transport.failure.add(1);
    } else {
      if (itemCount > 0) this.#counters.refuseItems(reason, itemCount);
      this.#transport.refusal.add(1);
    }
    this.#transport.refuseRequest(reason);
    span?.end(error);
    answer(withRetryAfter(error), ALL_TAKEN);
  }
}

function unreadable(error: unknown): ConsumeError {
  if (!(error instanceof WireError)) return toConsumeError(error);
  return new ConsumeError('malformed', `the request is no valid protobuf message: ${error.message}`, { cause: error });
}

/** RESOURCE_EXHAUSTED without a delay tells the sender to give up, which `overloaded` does not mean. */
function withRetryAfter(error: ConsumeError): ConsumeError {
  if (error.code !== 'overloaded' || error.retryAfterMs !== undefined) return error;
  return new ConsumeError('overloaded', error.message, { retryAfterMs: DEFAULT_RETRY_AFTER_MS, cause: error });
}

/** Whether keeping `bytes` keeps little else alive; a small message is a slice of a slab that others share. */
function ownsMemory(bytes: Uint8Array): boolean {
  return bytes.buffer.byteLength - bytes.length <= bytes.length >> 3;
}
