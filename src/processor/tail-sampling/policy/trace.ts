import type { Bits56 } from './bits56.ts';

/** Ends a walk over spans. */
export const NO_SPAN = -1;

/**
 * A trace as policies see it: read only, and valid for one evaluation. What is known without looking at bytes stands
 * first; then a walk over its spans by handles, which are numbers, and for each the bytes it and its resource lie in.
 */
export interface Trace {
  /** Changes with every trace; what is worked out for one is good for as long as this is the same. */
  readonly serial: number;
  /** When the decision is made, ms of a monotonic clock. */
  readonly nowMs: number;
  readonly spanCount: number;
  /**
   * The randomness R: the explicit `rv` of the first span that carries one in `ot` of its tracestate, else the last 7 bytes
   * of the trace id (W3C Trace Context level 2).
   */
  readonly randomness: Bits56;
  /** Whether a span says in `ot` of its tracestate how the trace was sampled before (`rv` or `th`). */
  readonly carriesSampling: boolean;

  /** Writes the 16 bytes of the trace id to the front of `out`. */
  copyId(out: Uint8Array): void;
  /** Whether a span has this status code (0 unset, 1 ok, 2 error). */
  hasStatusCode(code: number): boolean;
  /**
   * Latest end minus earliest start, whole milliseconds rounded towards zero; negative when the clocks of its senders say
   * so.
   */
  durationMs(): number;
  /** The same in nanoseconds, exact up to 2⁵³ (104 days). */
  durationNs(): number;
  /** Bytes of the trace as an ExportTraceServiceRequest. */
  wireSize(): number;

  /** For (let span = trace.firstSpan(); span !== NO_SPAN; span = trace.nextSpan(span)) … */
  firstSpan(): number;
  nextSpan(span: number): number;
  /** Whether the span names no parent. */
  isRoot(span: number): boolean;
  /** The bytes that hold a span's message at `[spanStart, spanEnd)`. */
  spanBytes(span: number): Uint8Array;
  spanStart(span: number): number;
  spanEnd(span: number): number;
  /** What the span's resource came in; equal for spans of one resource of one request. */
  resource(span: number): number;
  /** The bytes that hold a resource (as fields of ResourceSpans) at `[resourceStart, resourceEnd)`. */
  resourceBytes(resource: number): Uint8Array;
  resourceStart(resource: number): number;
  resourceEnd(resource: number): number;
  /** What the span's instrumentation scope came in; equal for spans of one scope of one request. */
  scope(span: number): number;
  /** The bytes that hold a scope (as fields of ScopeSpans) at `[scopeStart, scopeEnd)`. */
  scopeBytes(scope: number): Uint8Array;
  scopeStart(scope: number): number;
  scopeEnd(scope: number): number;
}

/** Traces that are decided together. */
export interface TraceBatch {
  readonly size: number;
  /** When they are decided, ms of a monotonic clock. */
  readonly nowMs: number;
  /** The trace at an index from 0; valid until the next call. */
  trace(index: number): Trace;
}
