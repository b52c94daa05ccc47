import { SpanScan } from '../../pdata/otlp/span-scan.ts';

/** As many requests of usual size as are on their way at once without waiting. */
const MAX_POOLED = 32;
/** Tables that one huge request has made larger than this are left to the garbage collector. */
const MAX_POOLED_SPANS = 16_384;

/** Scan tables, used for one request after another: making one costs more than scanning a small request. */
export class ScanPool {
  readonly #free: SpanScan[] = [];

  take(): SpanScan {
    return this.#free.pop() ?? new SpanScan();
  }

  /** Takes back a scan that nobody looks at any more. */
  give(scan: SpanScan): void {
    if (this.#free.length < MAX_POOLED && scan.spanField.length <= MAX_POOLED_SPANS) this.#free.push(scan);
  }
}
