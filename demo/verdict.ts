import type { DemoSpan } from './decode-spans.ts';
import type { TraceRecord } from './span-ledger.ts';

/** What came out at the backend, held against what went in. */
export interface Verdict {
  /** Traces at the backend with exactly the spans they were sent with. */
  readonly whole: number;
  /** Traces at the backend that lack a span or have one twice or too many. */
  readonly broken: readonly string[];
  /** Error and slow traces at the source, and those of them that did not arrive whole. */
  readonly wantedErrors: number;
  readonly wantedSlow: number;
  readonly missing: readonly string[];
  readonly traces: ReadonlyMap<string, readonly DemoSpan[]>;
  readonly spanCount: number;
}

/** Compares trace by trace; slow is longer than `thresholdMs` in whole milliseconds, as the latency policy counts. */
export function judge(sent: ReadonlyMap<string, TraceRecord>, received: readonly DemoSpan[], thresholdMs: number): Verdict {
  const traces = new Map<string, DemoSpan[]>();
  for (const span of received) {
    const spans = traces.get(span.traceId);
    if (spans === undefined) traces.set(span.traceId, [span]);
    else spans.push(span);
  }
  const broken = [...traces].filter(([traceId, spans]) => !isWhole(sent.get(traceId), spans)).map(([traceId]) => traceId);

  const brokenIds = new Set(broken);
  const errors = [...sent].filter(([, record]) => record.hasError);
  const slow = [...sent].filter(([, record]) => Math.floor(record.endMs - record.startMs) > thresholdMs);
  const wanted = new Set([...errors, ...slow].map(([traceId]) => traceId));
  return {
    whole: traces.size - broken.length,
    broken,
    wantedErrors: errors.length,
    wantedSlow: slow.length,
    missing: [...wanted].filter((traceId) => !traces.has(traceId) || brokenIds.has(traceId)),
    traces,
    spanCount: received.length,
  };
}

function isWhole(record: TraceRecord | undefined, spans: readonly DemoSpan[]): boolean {
  if (record === undefined || record.spanIds.size !== spans.length) return false;
  return new Set(spans.map((span) => span.spanId)).size === spans.length && spans.every((span) => record.spanIds.has(span.spanId));
}
