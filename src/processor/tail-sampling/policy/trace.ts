/** Ends a walk over spans. */
export const NO_SPAN = 0xffff_ffff;

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
  /** The trace id as 8 UTF-16 units of 16 bits each, big-endian. */
  readonly id: string;

  /** Whether a span has this status code (0 unset, 1 ok, 2 error). */
  hasStatusCode(code: number): boolean;
  /**
   * Latest end minus earliest start, whole milliseconds rounded towards zero; negative when the clocks of its senders say
   * so.
   */
  durationMs(): number;
  /** Bytes of the trace as an ExportTraceServiceRequest. */
  wireSize(): number;

  /** For (let span = trace.firstSpan(); span !== NO_SPAN; span = trace.nextSpan(span)) … */
  firstSpan(): number;
  nextSpan(span: number): number;
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
}
