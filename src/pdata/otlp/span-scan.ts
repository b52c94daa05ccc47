/** Bits of `SpanScan.info`. The lowest two are the status code: 0 unset, 1 ok, 2 error; 3 stands for any other. */
export const STATUS_MASK = 0x03;
/** The span names a parent (span ids of zeros name none). */
export const HAS_PARENT = 0x04;
/** The span has a tracestate. */
export const HAS_TRACE_STATE = 0x08;

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
  /** Spans whose ids are invalid (`traceIdAt` is 0): they belong to no trace. */
  invalidSpanCount = 0;
  /** Where the field (its tag) begins: from here to `spanEnd` the bytes are the span as an element of its ScopeSpans. */
  spanField = new Uint32Array(64);
  /** Where the Span message begins and, exclusively, ends. */
  spanStart = new Uint32Array(64);
  spanEnd = new Uint32Array(64);
  spanScope = new Uint32Array(64);
  /**
   * Where the 16 bytes of the trace id are; 0 (never a valid place) when it is missing, all zeros or of another length, or
   * when the span's own or its parent's id is neither empty nor 8 bytes.
   */
  traceIdAt = new Uint32Array(64);
  /** start_time_unix_nano and end_time_unix_nano in halves of 32 bits: 64 bits do not fit a number. */
  startHi = new Uint32Array(64);
  startLo = new Uint32Array(64);
  endHi = new Uint32Array(64);
  endLo = new Uint32Array(64);
  /** `STATUS_MASK`, `HAS_PARENT`, `HAS_TRACE_STATE`. */
  info = new Uint8Array(64);

  scopeCount = 0;
  scopeResource = new Uint32Array(16);
  resourceCount = 0;

  /** What surrounds the spans: all bytes of a ScopeSpans, a ResourceSpans, the request that are no ScopeSpans' spans. */
  readonly scopeRanges = new OwnedRanges();
  readonly resourceRanges = new OwnedRanges();
  readonly requestRanges = new OwnedRanges();

  reset(): void {
    this.spanCount = 0;
    this.invalidSpanCount = 0;
    this.scopeCount = 0;
    this.resourceCount = 0;
    this.scopeRanges.reset();
    this.resourceRanges.reset();
    this.requestRanges.reset();
    this.requestRanges.beginOwner();
  }

  /** Makes room for a ScopeSpans of the resource opened last and returns its row. */
  beginScope(): number {
    const scope = this.scopeCount++;
    if (scope === this.scopeResource.length) this.scopeResource = grown(this.scopeResource);
    this.scopeResource[scope] = this.resourceCount - 1;
    this.scopeRanges.beginOwner();
    return scope;
  }

  beginResource(): void {
    this.resourceCount++;
    this.resourceRanges.beginOwner();
  }

  /** Makes room for one more span and returns its row. */
  beginSpan(): number {
    const row = this.spanCount++;
    if (row === this.spanField.length) this.#grow();
    return row;
  }

  #grow(): void {
    this.spanField = grown(this.spanField);
    this.spanStart = grown(this.spanStart);
    this.spanEnd = grown(this.spanEnd);
    this.spanScope = grown(this.spanScope);
    this.traceIdAt = grown(this.traceIdAt);
    this.startHi = grown(this.startHi);
    this.startLo = grown(this.startLo);
    this.endHi = grown(this.endHi);
    this.endLo = grown(this.endLo);
    const info = new Uint8Array(this.info.length * 2);
    info.set(this.info);
    this.info = info;
  }
}

/**
 * Ranges `[start, end)` of bytes, in the order of their owners: those of owner `o` are rows `first[o]` up to
 * `first[o + 1]`. A range that begins where the owner's last one ends makes that longer.
 */
export class OwnedRanges {
  owners = 0;
  count = 0;
  first = new Uint32Array(17);
  start = new Uint32Array(16);
  end = new Uint32Array(16);

  reset(): void {
    this.owners = 0;
    this.count = 0;
  }

  beginOwner(): void {
    if (this.owners + 1 === this.first.length) this.first = grown(this.first);
    this.first[this.owners++] = this.count;
    this.first[this.owners] = this.count;
  }

  /** Adds a range to the owner begun last. */
  add(start: number, end: number): void {
    const last = this.count - 1;
    if (last >= this.first[this.owners - 1]! && this.end[last] === start) {
      this.end[last] = end;
      return;
    }
    if (this.count === this.start.length) {
      this.start = grown(this.start);
      this.end = grown(this.end);
    }
    this.start[this.count] = start;
    this.end[this.count] = end;
    this.first[this.owners] = ++this.count;
  }

  /** How many bytes the ranges of an owner have together. */
  size(owner: number): number {
    let size = 0;
    for (let i = this.first[owner]!; i < this.first[owner + 1]!; i++) size += this.end[i]! - this.start[i]!;
    return size;
  }
}

function grown(column: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(column.length * 2);
  larger.set(column);
  return larger;
}
