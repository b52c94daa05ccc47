import { scanTraces } from '../../src/pdata/otlp/scan-traces.ts';
import { SpanScan } from '../../src/pdata/otlp/span-scan.ts';
import { SPANS_PER_TRACE } from '../workload.ts';

/** Counts what arrives by walking its bytes: spans, traces, and how many of those are whole. */
export class WholeTraces {
  readonly #scan = new SpanScan();
  /** Spans so far of the traces that are not yet whole. */
  readonly #incomplete = new Map<string, number>();
  spans = 0;
  whole = 0;
  /** Spans beyond the number that a trace has: something was sent twice. */
  surplus = 0;
  readonly #complete = new Set<string>();

  add(bytes: Buffer): void {
    const scan = this.#scan;
    scanTraces(bytes, scan);
    this.spans += scan.spanCount;
    let last = '';
    let run = 0;
    for (let row = 0; row < scan.spanCount; row++) {
      const at = scan.traceIdAt[row]!;
      const id = bytes.toString('latin1', at, at + 16);
      if (id === last) {
        run++;
        continue;
      }
      this.#count(last, run);
      last = id;
      run = 1;
    }
    this.#count(last, run);
  }

  get traces(): number {
    return this.whole + this.#incomplete.size;
  }

  reset(): void {
    this.#incomplete.clear();
    this.#complete.clear();
    this.spans = 0;
    this.whole = 0;
    this.surplus = 0;
  }

  #count(id: string, spans: number): void {
    if (spans === 0) return;
    if (this.#complete.has(id)) {
      this.surplus += spans;
      return;
    }
    const total = (this.#incomplete.get(id) ?? 0) + spans;
    if (total < SPANS_PER_TRACE) {
      this.#incomplete.set(id, total);
      return;
    }
    this.#incomplete.delete(id);
    this.#complete.add(id);
    this.whole++;
    this.surplus += total - SPANS_PER_TRACE;
  }
}
