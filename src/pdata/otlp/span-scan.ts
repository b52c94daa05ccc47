/**
 * What one walk over an ExportTraceServiceRequest found: a struct of arrays, one row a span, one a ScopeSpans message,
 * one a ResourceSpans message, made once and used for request after request. All offsets count from the start of the
 * request's bytes.
 *
 * ```
 *  ResourceSpans r ──┬─ ScopeSpans s ──┬─ span i     spanScope[i] = s, scopeResource[s] = r
 *                    │                 └─ span i+1
 *                    └─ ScopeSpans s+1 ── span i+2
 * ```
 */
export class SpanScan {
  spanCount = 0;
  /** Where the field (its tag) begins; the bytes from here to `spanEnd` are the span as an element of its ScopeSpans. */
  spanField = new Uint32Array(64);
  /** Where the Span message begins and, exclusively, ends. */
  spanStart = new Uint32Array(64);
  spanEnd = new Uint32Array(64);
  spanScope = new Uint32Array(64);
  /** Where the 16 bytes of the trace id are; 0 (never a valid place) when it is missing, all zeros or of another length. */
  traceIdAt = new Uint32Array(64);
  /** start_time_unix_nano and end_time_unix_nano, in halves of 32 bits. */
  startHi = new Uint32Array(64);
  startLo = new Uint32Array(64);
  endHi = new Uint32Array(64);
  endLo = new Uint32Array(64);
  /** Bits `SPAN_…`. */
  info = new Uint8Array(64);

  scopeCount = 0;
  scopeResource = new Uint32Array(16);
  /** Index into `envelope…` of a ScopeSpans' first range that is no span; it ends where that of the next scope begins. */
  scopeEnvelope = new Uint32Array(17);

  resourceCount = 0;
  resourceEnvelope = new Uint32Array(17);

  /** Ranges of bytes that are not spans: those of scopes, those of resources, those of the request itself. */
  readonly scopeRanges = new RangeList();
  readonly resourceRanges = new RangeList();
  readonly requestRanges = new RangeList();
  /** Spans whose `traceIdAt` is 0: they belong to no trace. */
  invalidSpanCount = 0;
}

/** Ranges `[start, end)`; one that begins where the last ends makes that longer. */
export class RangeList {
  count = 0;
  start = new Uint32Array(16);
  end = new Uint32Array(16);
}
