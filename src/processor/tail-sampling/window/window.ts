import { HAS_TRACE_STATE, STATUS_MASK, type OwnedRanges, type SpanScan } from '../../../pdata/otlp/span-scan.ts';
import { Arena, NONE, Packing } from './arena.ts';
import { EnvelopeTable } from './envelope-table.ts';
import { SpanTable } from './span-table.ts';
import { type HashKey, TraceId } from './trace-id.ts';
import { TraceTable, WITH_TRACE_STATE } from './trace-table.ts';

/** What a request needs at most. */
export interface Room {
  readonly spans: number;
  readonly bytes: number;
  readonly packing: Packing;
}

export interface WindowLimits {
  readonly maxTraces: number;
  readonly maxSpans: number;
  /** Bytes of span and envelope data. */
  readonly maxBytes: number;
}

/**
 * Where spans wait, trace by trace, until their trace is decided. It owns the arena and the three tables over it, and
 * nothing else touches them; who decides and when is not its matter.
 *
 * Spans are added request by request: `beginRequest`, `addSpan` for each span wanted, `endRequest`. Bytes are copied in
 * runs of neighbouring spans; whoever takes a trace out between them calls `flush` first.
 */
export class Window {
  readonly arena: Arena;
  readonly spans = new SpanTable();
  readonly envelopes: EnvelopeTable;
  readonly traces: TraceTable;
  readonly maxSpans: number;
  readonly #hashKey: HashKey;

  #source: Uint8Array = new Uint8Array(0);
  #scan: SpanScan | undefined;
  /** Envelope rows of the request being added, by scope, by resource, and that of the request itself. */
  #scopeRow = new Uint32Array(64);
  #resourceRow = new Uint32Array(64);
  #requestRow = NONE;
  /** The run of neighbouring spans not yet copied: source range and place in the arena. */
  #runStart = 0;
  #runEnd = 0;
  #runSegment = NONE;
  #runOffset = 0;

  constructor(limits: WindowLimits, hashKey: HashKey) {
    this.#hashKey = hashKey;
    this.arena = new Arena(limits.maxBytes);
    this.envelopes = new EnvelopeTable(this.arena);
    this.traces = new TraceTable(limits.maxTraces);
    this.maxSpans = limits.maxSpans;
  }

  /** For looking something up, here or among decisions: ids of different windows have different hashes. */
  newId(): TraceId {
    return new TraceId(this.#hashKey);
  }

  /** Bytes of the tables over the arena. */
  get tableBytes(): number {
    return this.spans.memoryBytes + this.envelopes.memoryBytes + this.traces.memoryBytes;
  }

  /** What a request needs at most. */
  roomFor(bytes: Uint8Array, scan: SpanScan): Room {
    const { segmentBytes } = this.arena;
    // Most requests fit into one segment, in whatever pieces.
    const packing = bytes.length <= segmentBytes ? new Packing(segmentBytes) : packingOf(scan, segmentBytes);
    return { spans: scan.spanCount, bytes: bytes.length, packing };
  }

  /** Whether that can be added without anything else leaving, but for the number of traces. */
  hasRoom({ spans, bytes, packing }: Room): boolean {
    return this.spans.count + spans <= this.maxSpans && this.arena.hasRoom(bytes, packing);
  }

  /** Whether that can be added once everything else has left. */
  couldHold({ spans, packing }: Room): boolean {
    return spans <= this.maxSpans && this.arena.couldHold(packing);
  }

  beginRequest(bytes: Uint8Array, scan: SpanScan): void {
    this.#source = bytes;
    this.#scan = scan;
    if (this.#scopeRow.length < scan.scopeCount) this.#scopeRow = new Uint32Array(scan.scopeCount * 2);
    if (this.#resourceRow.length < scan.resourceCount) this.#resourceRow = new Uint32Array(scan.resourceCount * 2);
    this.#scopeRow.fill(NONE, 0, scan.scopeCount);
    this.#resourceRow.fill(NONE, 0, scan.resourceCount);
    this.#requestRow = NONE;
  }

  /** Adds span `row` of the request to the trace in `slot`. There has to be room. */
  addSpan(slot: number, row: number): void {
    const scan = this.#scan!;
    const scope = this.#scopeEnvelope(scan.spanScope[row]!);
    const from = scan.spanField[row]!;
    const to = scan.spanEnd[row]!;
    const size = to - from;
    this.#allocate(size);
    const segment = this.arena.segment;
    const offset = this.arena.offset;
    if (from !== this.#runEnd || segment !== this.#runSegment || offset !== this.#runOffset + (from - this.#runStart)) {
      this.flush();
      this.#runStart = from;
      this.#runSegment = segment;
      this.#runOffset = offset;
    }
    this.#runEnd = to;

    const info = scan.info[row]!;
    const span = this.spans.add(segment, offset, size, scope, info);
    this.envelopes.uses[scope]!++;
    const traces = this.traces;
    const last = traces.lastSpan(slot);
    if (last !== NONE) this.spans.next[last] = span;
    traces.append(slot, span, size + this.#newSurroundings(scope, last));
    if ((info & HAS_TRACE_STATE) !== 0) traces.setFlags(slot, WITH_TRACE_STATE);
    traces.include(slot, scan.startHi[row]!, scan.startLo[row]!, scan.endHi[row]!, scan.endLo[row]!, info & STATUS_MASK);
  }

  endRequest(): void {
    this.flush();
    const scopeCount = this.#scan?.scopeCount ?? 0;
    for (let scope = 0; scope < scopeCount; scope++) {
      if (this.#scopeRow[scope] !== NONE) this.envelopes.release(this.#scopeRow[scope]!);
    }
    this.#source = EMPTY;
    this.#scan = undefined;
    this.#runEnd = 0;
  }

  /** Copies the open run into the arena. */
  flush(): void {
    const size = this.#runEnd - this.#runStart;
    if (size <= 0) return;
    this.arena.bytes(this.#runSegment).set(this.#source.subarray(this.#runStart, this.#runEnd), this.#runOffset);
    this.#runStart = this.#runEnd;
    this.#runOffset += size;
  }

  /**
   * Links the spans of a piece behind those of the trace in `slot`. What the piece was can be looked at until its slot is
   * removed or another piece joins.
   */
  join(piece: number, slot: number): void {
    const traces = this.traces;
    const last = traces.lastSpan(slot);
    if (last !== NONE) this.spans.next[last] = traces.firstSpan(piece);
    traces.includePiece(slot, piece);
  }

  /** Takes a trace out: its spans, what only they came in, its slot. */
  release(slot: number): void {
    this.#releaseSpans(slot);
    this.traces.remove(slot);
  }

  /** The same for a piece that joins nothing. */
  releasePiece(piece: number): void {
    this.#releaseSpans(piece);
    this.traces.removePiece(piece);
  }

  /**
   * Copies what still lives in sparse segments to fresh ones, so that they become free. True when that was worth it: the
   * pass over the tables costs a few nanoseconds a row, so it waits until several segments can be won.
   */
  evacuateIfSparse(): boolean {
    this.flush();
    const sparse = this.arena.sparseSegments();
    if (sparse.size === 0) return false;
    this.arena.beginEvacuation();
    for (const table of [this.spans, this.envelopes]) {
      for (let row = 0; row < table.rows; row++) {
        const segment = table.segment[row]!;
        if (segment === NONE || !sparse.has(segment)) continue;
        const size = table.size[row]!;
        const offset = table.offset[row]!;
        if (!this.arena.allocate(size)) throw new Error('evacuation found no room');
        const source = this.arena.bytes(segment).subarray(offset, offset + size);
        this.arena.bytes(this.arena.segment).set(source, this.arena.offset);
        table.segment[row] = this.arena.segment;
        table.offset[row] = this.arena.offset;
        this.arena.release(segment, size);
      }
    }
    this.arena.endEvacuation();
    return true;
  }

  #releaseSpans(slot: number): void {
    const spans = this.spans;
    let span = this.traces.firstSpan(slot);
    while (span !== NONE) {
      const next = spans.next[span]!;
      this.arena.release(spans.segment[span]!, spans.size[span]!);
      this.envelopes.release(spans.scope[span]!);
      spans.remove(span);
      span = next;
    }
  }

  /** Bytes of what a span came in, as far as the span before it in its trace (or NONE) did not come in the same. */
  #newSurroundings(scope: number, last: number): number {
    const { size, outer } = this.envelopes;
    const lastScope = last === NONE ? NONE : this.spans.scope[last]!;
    if (scope === lastScope) return 0;
    const resource = outer[scope]!;
    const lastResource = lastScope === NONE ? NONE : outer[lastScope]!;
    if (resource === lastResource) return size[scope]!;
    const request = outer[resource]!;
    const lastRequest = lastResource === NONE ? NONE : outer[lastResource]!;
    return size[scope]! + size[resource]! + (request === NONE || request === lastRequest ? 0 : size[request]!);
  }

  #scopeEnvelope(scope: number): number {
    const known = this.#scopeRow[scope]!;
    if (known !== NONE) return known;
    const scan = this.#scan!;
    const resource = this.#resourceEnvelope(scan.scopeResource[scope]!);
    const row = this.#addEnvelope(scan.scopeRanges, scope, resource);
    // A use of its own until the request is in: a trace decided meanwhile must not take it away.
    this.envelopes.uses[row] = 1;
    this.#scopeRow[scope] = row;
    return row;
  }

  #resourceEnvelope(resource: number): number {
    const known = this.#resourceRow[resource]!;
    if (known !== NONE) return known;
    const scan = this.#scan!;
    if (this.#requestRow === NONE && scan.requestRanges.count > 0) {
      this.#requestRow = this.#addEnvelope(scan.requestRanges, 0, NONE);
    }
    const row = this.#addEnvelope(scan.resourceRanges, resource, this.#requestRow);
    this.#resourceRow[resource] = row;
    return row;
  }

  #addEnvelope(ranges: OwnedRanges, owner: number, outer: number): number {
    const size = ranges.size(owner);
    if (size === 0) return this.envelopes.add(NONE, 0, 0, outer);
    this.#allocate(size);
    const segment = this.arena.segment;
    const offset = this.arena.offset;
    const bytes = this.arena.bytes(segment);
    let at = offset;
    for (let i = ranges.first[owner]!; i < ranges.first[owner + 1]!; i++) {
      const start = ranges.start[i]!;
      const end = ranges.end[i]!;
      bytes.set(this.#source.subarray(start, end), at);
      at += end - start;
    }
    return this.envelopes.add(segment, offset, size, outer);
  }

  #allocate(size: number): void {
    if (!this.arena.allocate(size)) throw new Error(`no room for ${size} bytes that were promised`);
  }
}

const EMPTY = new Uint8Array(0);

/** The pieces of a request in the order in which they are allocated. */
function packingOf(scan: SpanScan, segmentBytes: number): Packing {
  const packing = new Packing(segmentBytes);
  packing.add(scan.requestRanges.size(0));
  let scope = NONE;
  let resource = NONE;
  for (let row = 0; row < scan.spanCount; row++) {
    if (scan.spanScope[row] !== scope) {
      scope = scan.spanScope[row]!;
      if (scan.scopeResource[scope] !== resource) {
        resource = scan.scopeResource[scope]!;
        packing.add(scan.resourceRanges.size(resource));
      }
      packing.add(scan.scopeRanges.size(scope));
    }
    packing.add(scan.spanEnd[row]! - scan.spanField[row]!);
  }
  return packing;
}
