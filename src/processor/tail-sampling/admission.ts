import { ConsumeError } from '../../consumer/consume-error.ts';
import type { SpanScan } from '../../pdata/otlp/span-scan.ts';
import type { Decider } from './decider.ts';
import type { Outbound } from './outbound.ts';
import type { ProcessorMetrics } from './processor-metrics.ts';
import { NONE } from './window/arena.ts';
import type { TraceId } from './window/trace-id.ts';
import { TraceRecords } from './window/trace-records.ts';
import type { Window } from './window/window.ts';

/** What a sender is told to wait when there is no room. */
const RETRY_AFTER_MS = 500;

export interface AdmissionOptions {
  /** When the window is full, refuse instead of deciding early. */
  readonly blockOnOverflow: boolean;
  /** Whether spans are decided as they come in, so that nothing can be held back in the window. */
  readonly decidesAtOnce: boolean;
  /** Decides the least recently touched traces early. */
  readonly evict: () => void;
}

/**
 * Lets a request in or refuses it, before anything of it is taken: makes room by deciding traces early, or, where that may
 * not be or the next component takes no more, says that the sender has to come again.
 */
export class Admission {
  readonly #window: Window;
  readonly #outbound: Outbound;
  readonly #decider: Decider;
  readonly #metrics: ProcessorMetrics;
  readonly #options: AdmissionOptions;
  readonly #id: TraceId;
  /** The traces of a request that have been looked at. */
  readonly #seen = new TraceRecords(0);

  constructor(window: Window, outbound: Outbound, decider: Decider, metrics: ProcessorMetrics, options: AdmissionOptions) {
    this.#window = window;
    this.#id = window.newId();
    this.#outbound = outbound;
    this.#decider = decider;
    this.#metrics = metrics;
    this.#options = options;
  }

  /** Returns when all spans of the request fit; throws ConsumeError `overloaded`, or `too_large` where they never will. */
  admit(bytes: Uint8Array, scan: SpanScan): void {
    const window = this.#window;
    if (this.#options.decidesAtOnce && this.#outbound.isFull) this.#refuse(scan, 'the next component takes no more');
    const room = window.roomFor(bytes, scan);
    // Nobody else's trace is decided early for what can never fit.
    if (!window.couldHold(room)) this.#refuseForGood(scan, `a request of ${bytes.length} bytes and ${scan.spanCount} spans does not fit into the window`);
    while (!window.hasRoom(room)) {
      if (window.evacuateIfSparse()) continue;
      if (!this.#mayEvict()) this.#refuse(scan, 'the window is full');
      this.#options.evict();
    }
    if (this.#mayEvict()) return;
    if (this.#outbound.isFull && this.#hasLateSpans(bytes, scan)) this.#refuse(scan, 'the next component takes no more');
    const { maxTraces, size } = window.traces;
    const newTraces = this.#newTraces(bytes, scan);
    if (this.#options.blockOnOverflow && newTraces > maxTraces) this.#refuseForGood(scan, `a request of ${newTraces} traces does not fit into the window`);
    if (newTraces > maxTraces - size) this.#refuse(scan, 'the window has as many traces as it may have');
  }

  /** Whether a trace may be decided before its time to make room for others. */
  #mayEvict(): boolean {
    return !this.#options.blockOnOverflow && !this.#outbound.isFull;
  }

  /** How many traces of a request have no slot yet and need one. */
  #newTraces(bytes: Uint8Array, scan: SpanScan): number {
    const { traces } = this.#window;
    if (traces.size + scan.spanCount <= traces.maxTraces) return 0;
    let count = 0;
    for (let row = 0; row < scan.spanCount; row++) {
      if (!this.#isFirstOfTrace(bytes, scan, row)) continue;
      if (!traces.has(this.#id) && this.#decider.earlierDecision(this.#id) === undefined) count++;
    }
    this.#seen.clear();
    return count;
  }

  /** Whether a request has spans of traces that were kept and have left, which would go on at once. */
  #hasLateSpans(bytes: Uint8Array, scan: SpanScan): boolean {
    let row = 0;
    while (row < scan.spanCount && !(this.#isFirstOfTrace(bytes, scan, row) && this.#isLate())) row++;
    this.#seen.clear();
    return row < scan.spanCount;
  }

  /** Whether the trace of `#id` was kept and has left. */
  #isLate(): boolean {
    return !this.#window.traces.has(this.#id) && this.#decider.earlierDecision(this.#id) === 'sampled';
  }

  /** Whether a span is the first of its trace in the request, whose id `#id` then is. */
  #isFirstOfTrace(bytes: Uint8Array, scan: SpanScan, row: number): boolean {
    const idAt = scan.traceIdAt[row]!;
    if (idAt === 0) return false;
    this.#id.read(bytes, idAt);
    if (this.#seen.find(this.#id) !== NONE) return false;
    this.#seen.add(this.#id);
    return true;
  }

  #refuseForGood(scan: SpanScan, why: string): never {
    this.#metrics.refusedForGood(scan.spanCount, why);
    throw new ConsumeError('too_large', why);
  }

  #refuse(scan: SpanScan, why: string): never {
    this.#metrics.addRefused(scan.spanCount);
    throw new ConsumeError('overloaded', why, { retryAfterMs: RETRY_AFTER_MS });
  }
}
