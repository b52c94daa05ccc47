import { HAS_PARENT, HAS_TRACE_STATE, type OwnedRanges, type SpanScan } from '../../../pdata/otlp/span-scan.ts';
import { Arena, NONE, Packing } from './arena.ts';
import { EnvelopeTable } from './envelope-table.ts';
import { ROOT_MARK, SpanRuns, TRACE_STATE_MARK } from './span-runs.ts';
import { type HashKey, TraceId } from './trace-id.ts';
import { TraceTable } from './trace-table.ts';

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
 * Spans are added request by request: `beginRequest`, `addRun` for each run of spans wanted, `endRequest`. Bytes of
 * neighbouring runs are copied together; whoever takes a trace out between them calls `flush` first.
 */
export class Window {
  readonly arena: Arena;
  readonly spans = new SpanRuns();
  readonly envelopes: EnvelopeTable;
  readonly traces: TraceTable;
  readonly maxSpans: number;
  readonly #hashKey: HashKey;

  #source: Uint8Array = EMPTY;
  #scan: SpanScan | undefined;
  /** Envelope rows of the request being added, by scope, by resource, and that of the request itself. */
  #scopeRow = new Int32Array(64);
  #resourceRow = new Int32Array(64);
  #requestRow = NONE;
  /** Neighbouring spans not yet copied: source range and place in the arena. */
  #copyStart = 0;
  #copyEnd = 0;
  #copySegment = NONE;
  #copyOffset = 0;

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
    // Not a Buffer: see SegmentPool.
    this.#source = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#scan = scan;
    if (this.#scopeRow.length < scan.scopeCount) this.#scopeRow = new Int32Array(scan.scopeCount * 2);
    if (this.#resourceRow.length < scan.resourceCount) this.#resourceRow = new Int32Array(scan.resourceCount * 2);
    this.#scopeRow.fill(NONE, 0, scan.scopeCount);
    this.#resourceRow.fill(NONE, 0, scan.resourceCount);
    this.#requestRow = NONE;
  }

  /** Adds the spans from `row` to `end`, a run of the request, to the trace in `slot`. There has to be room. */
  addRun(slot: number, row: number, end: number): void {
    const scan = this.#scan!;
    const scope = this.#scopeEnvelope(scan.spanScope[row]!);
    if (this.arena.isInOnePiece(scan.spanEnd[end - 1]! - scan.spanField[row]!)) {
      this.#addPiece(slot, row, end, scope);
    } else {
      for (let one = row; one < end; one++) this.#addPiece(slot, one, one + 1, scope);
    }
  }

  endRequest(): void {
    this.flush();
    const scopeCount = this.#scan?.scopeCount ?? 0;
    for (let scope = 0; scope < scopeCount; scope++) {
      if (this.#scopeRow[scope] !== NONE) this.envelopes.release(this.#scopeRow[scope]!);
    }
    this.#source = EMPTY;
    this.#scan = undefined;
    this.#copyStart = 0;
    this.#copyEnd = 0;
  }

  /** Copies into the arena what has been added and not yet copied. */
  flush(): void {
    const size = this.#copyEnd - this.#copyStart;
    if (size <= 0) return;
    this.arena.bytes(this.#copySegment).set(this.#source.subarray(this.#copyStart, this.#copyEnd), this.#copyOffset);
    this.#copyStart = this.#copyEnd;
    this.#copyOffset += size;
  }

  /**
   * Links the spans of a piece behind those of the trace in `slot`. What the piece was can be looked at until its slot is
   * removed or another piece joins.
   */
  join(piece: number, slot: number): void {
    const traces = this.traces;
    const last = traces.lastRun(slot);
    if (last !== NONE) this.spans.link(last, traces.firstRun(piece));
    traces.includePiece(slot, piece);
  }

  /** Takes a trace out: its spans, what only they came in, its slot. */
  release(slot: number): void {
    this.spans.removeChain(this.traces.firstRun(slot), this.arena, this.envelopes);
    this.traces.remove(slot);
  }

  /** The same for a piece that joins nothing. */
  releasePiece(piece: number): void {
    this.spans.removeChain(this.traces.firstRun(piece), this.arena, this.envelopes);
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
        const segment = table.segment(row);
        if (segment === NONE || !sparse.has(segment)) continue;
        const size = table.size(row);
        const offset = table.offset(row);
        if (!this.arena.allocate(size)) throw new Error('evacuation found no room');
        const source = this.arena.bytes(segment).subarray(offset, offset + size);
        this.arena.bytes(this.arena.segment).set(source, this.arena.offset);
        table.move(row, this.arena.segment, this.arena.offset);
        this.arena.release(segment, size);
      }
    }
    this.arena.endEvacuation();
    return true;
  }

  /** A run, or a single span of one that lies on two segments. */
  #addPiece(slot: number, row: number, end: number, scope: number): void {
    const scan = this.#scan!;
    const from = scan.spanField[row]!;
    const to = scan.spanEnd[end - 1]!;
    const size = to - from;
    this.#allocate(size);
    const { segment, offset } = this.arena;
    if (from !== this.#copyEnd || segment !== this.#copySegment || offset !== this.#copyOffset + (from - this.#copyStart)) {
      this.flush();
      this.#copyStart = from;
      this.#copySegment = segment;
      this.#copyOffset = offset;
    }
    this.#copyEnd = to;

    const traces = this.traces;
    const run = this.spans.add(segment, offset, size, scope, end - row, marksOf(scan, row, end));
    this.envelopes.use(scope);
    const last = traces.lastRun(slot);
    if (last !== NONE) this.spans.link(last, run);
    traces.append(slot, run, scope, end - row, size + this.#newSurroundings(scope, traces.lastScope(slot)));
    traces.include(slot, scan, row, end);
  }

  /** Bytes of what a run came in, as far as the run before it in its trace, of `lastScope` or NONE, did not come in the same. */
  #newSurroundings(scope: number, lastScope: number): number {
    const { envelopes } = this;
    if (scope === lastScope) return 0;
    const resource = envelopes.outer(scope);
    const lastResource = lastScope === NONE ? NONE : envelopes.outer(lastScope);
    if (resource === lastResource) return envelopes.size(scope);
    const request = envelopes.outer(resource);
    const lastRequest = lastResource === NONE ? NONE : envelopes.outer(lastResource);
    return envelopes.size(scope) + envelopes.size(resource) + (request === NONE || request === lastRequest ? 0 : envelopes.size(request));
  }

  #scopeEnvelope(scope: number): number {
    const known = this.#scopeRow[scope]!;
    if (known !== NONE) return known;
    const scan = this.#scan!;
    const resource = this.#resourceEnvelope(scan.scopeResource[scope]!);
    const row = this.#addEnvelope(scan.scopeRanges, scope, resource);
    // A use of its own until the request is in: a trace decided meanwhile must not take it away.
    this.envelopes.use(row);
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

function marksOf(scan: SpanScan, row: number, end: number): number {
  let marks = 0;
  for (let one = row; one < end; one++) {
    const info = scan.info[one]!;
    if ((info & HAS_PARENT) === 0) marks |= ROOT_MARK << (one - row);
    if ((info & HAS_TRACE_STATE) !== 0) marks |= TRACE_STATE_MARK << (one - row);
  }
  return marks;
}

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
