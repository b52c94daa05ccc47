import { scanTraces } from '../../src/pdata/otlp/scan-traces.ts';
import { SpanScan } from '../../src/pdata/otlp/span-scan.ts';
import { SPANS_PER_TRACE } from '../workload.ts';
import { TraceCounts } from './trace-counts.ts';

const ID_BYTES = 16;

/** Counts what arrives by walking its bytes: spans, traces, and how many of those are whole. */
export class WholeTraces {
  readonly #scan = new SpanScan();
  #counts = new TraceCounts();
  spans = 0;
  traces = 0;
  whole = 0;
  /** Spans beyond the number that a trace has: something was sent twice. */
  surplus = 0;

  add(bytes: Buffer): void {
    const scan = this.#scan;
    scanTraces(bytes, scan);
    this.spans += scan.spanCount;
    for (let row = 0; row < scan.spanCount; ) {
      const at = scan.traceIdAt[row]!;
      const first = row;
      do row++;
      while (row < scan.spanCount && hasSameId(bytes, at, scan.traceIdAt[row]!));
      this.#count(this.#counts.add(bytes, at, row - first), row - first);
    }
  }

  reset(): void {
    this.#counts = new TraceCounts();
    this.spans = 0;
    this.traces = 0;
    this.whole = 0;
    this.surplus = 0;
  }

  #count(before: number, spans: number): void {
    const after = before + spans;
    if (before === 0) this.traces++;
    if (before < SPANS_PER_TRACE && after >= SPANS_PER_TRACE) this.whole++;
    this.surplus += Math.max(0, after - SPANS_PER_TRACE) - Math.max(0, before - SPANS_PER_TRACE);
  }
}

function hasSameId(bytes: Buffer, one: number, other: number): boolean {
  return bytes.compare(bytes, other, other + ID_BYTES, one, one + ID_BYTES) === 0;
}
