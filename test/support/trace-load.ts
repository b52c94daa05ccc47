import { id, hexOf, encodeRequest, span, spansOf, tracesOf } from './otlp.ts';

/** Requests with one small new trace each, numbered, for tests that count what was taken and what arrived. */
export interface NumberedTrace {
  readonly traceId: string;
  readonly bytes: Uint8Array;
  readonly spanCount: number;
}

const SPANS = 5;

/** Trace `n` with a root and its children, each with so much text. */
export function numberedTrace(n: number, textBytes = 100): NumberedTrace {
  const traceId = id(n, 16);
  const spans = Array.from({ length: SPANS }, (_, i) =>
    span({
      traceId,
      spanId: id(n * 100 + i + 1, 8),
      ...(i === 0 ? {} : { parentSpanId: id(n * 100 + 1, 8) }),
      attributes: { 'test.number': n, 'test.text': 'x'.repeat(textBytes) },
    }),
  );
  return { traceId, bytes: encodeRequest('traces', tracesOf(spans)), spanCount: SPANS };
}

/** How many spans of each trace (by hex id) are in some requests. */
export function spanCounts(requests: readonly Uint8Array[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const bytes of requests) {
    for (const { traceId } of spansOf(bytes)) counts.set(hexOf(traceId), (counts.get(hexOf(traceId)) ?? 0) + 1);
  }
  return counts;
}
