import { WireReader } from '../wire/wire-reader.ts';
import {
  REQUEST_RESOURCE,
  RESOURCE_SCOPE,
  SCOPE_ITEM,
  SPAN_END_TIME,
  SPAN_PARENT_SPAN_ID,
  SPAN_SPAN_ID,
  SPAN_START_TIME,
  SPAN_STATUS,
  SPAN_TRACE_ID,
  SPAN_TRACE_STATE,
  STATUS_CODE,
} from './fields.ts';
import { HAS_PARENT, HAS_TRACE_STATE, STATUS_MASK, type SpanScan } from './span-scan.ts';

const reader = new WireReader();

/**
 * Walks once over an ExportTraceServiceRequest (opentelemetry-proto, `collector/trace/v1`) and fills `scan` with what a
 * tail sampler has to know of each span; nothing is decoded or copied.
 *
 * ```
 *  ExportTraceServiceRequest   1 ResourceSpans*
 *  ResourceSpans               1 Resource   2 ScopeSpans*   3 schema_url
 *  ScopeSpans                  1 Scope      2 Span*         3 schema_url
 * ```
 *
 * The structure is checked down to the fields of a span; what is inside its attributes, events and links is passed over
 * by length. Throws WireError, and `scan` is then without meaning.
 */
export function scanTraces(bytes: Uint8Array, scan: SpanScan): void {
  scan.reset();
  reader.reset(bytes, 0);
  const end = bytes.length;
  while (reader.at < end) {
    const field = reader.at;
    const tag = reader.tag(end);
    if (tag === REQUEST_RESOURCE) {
      scanResourceSpans(reader.delimited(end), scan);
    } else {
      reader.skip(tag, end);
      scan.requestRanges.add(field, reader.at);
    }
  }
}

function scanResourceSpans(end: number, scan: SpanScan): void {
  scan.beginResource();
  while (reader.at < end) {
    const field = reader.at;
    const tag = reader.tag(end);
    if (tag === RESOURCE_SCOPE) {
      scanScopeSpans(reader.delimited(end), scan);
    } else {
      reader.skip(tag, end);
      scan.resourceRanges.add(field, reader.at);
    }
  }
}

function scanScopeSpans(end: number, scan: SpanScan): void {
  const scope = scan.beginScope();
  while (reader.at < end) {
    const field = reader.at;
    const tag = reader.tag(end);
    if (tag === SCOPE_ITEM) {
      const stop = reader.delimited(end);
      const row = scan.beginSpan();
      scan.spanField[row] = field;
      scan.spanStart[row] = reader.at;
      scan.spanEnd[row] = stop;
      scan.spanScope[row] = scope;
      scanSpan(stop, row, scan);
    } else {
      reader.skip(tag, end);
      scan.scopeRanges.add(field, reader.at);
    }
  }
}

/**
 * ```
 *  Span   1 trace_id   2 span_id   3 trace_state   4 parent_span_id   5 name   6 kind   7 start fixed64   8 end fixed64
 *         9 attributes*   10 dropped   11 events*   12 dropped   13 links*   14 dropped   15 Status   16 flags fixed32
 * ```
 *
 * In any order (the Collector's own encoder puts trace_id neither first nor last); of a field that stands twice the last
 * counts, and a Status that stands twice is merged.
 */
function scanSpan(end: number, row: number, scan: SpanScan): void {
  const bytes = reader.bytes;
  let traceIdAt = 0;
  let spanIdsValid = true;
  let parent = 0;
  let traceState = 0;
  let status = 0;
  let startAt = 0;
  let endAt = 0;
  while (reader.at < end) {
    const tag = reader.tag(end);
    switch (tag) {
      case SPAN_TRACE_ID: {
        const stop = reader.delimited(end);
        traceIdAt = stop - reader.at === 16 && !isZero(bytes, reader.at, stop) ? reader.at : 0;
        reader.at = stop;
        break;
      }
      case SPAN_SPAN_ID: {
        const stop = reader.delimited(end);
        if (!isSpanIdLength(stop - reader.at)) spanIdsValid = false;
        reader.at = stop;
        break;
      }
      case SPAN_PARENT_SPAN_ID: {
        const stop = reader.delimited(end);
        if (!isSpanIdLength(stop - reader.at)) spanIdsValid = false;
        parent = isZero(bytes, reader.at, stop) ? 0 : HAS_PARENT;
        reader.at = stop;
        break;
      }
      case SPAN_TRACE_STATE: {
        const stop = reader.delimited(end);
        traceState = stop > reader.at ? HAS_TRACE_STATE : 0;
        reader.at = stop;
        break;
      }
      case SPAN_START_TIME:
        startAt = reader.fixed(8, end);
        break;
      case SPAN_END_TIME:
        endAt = reader.fixed(8, end);
        break;
      case SPAN_STATUS:
        status = scanStatus(reader.delimited(end), status);
        break;
      default:
        reader.skip(tag, end);
    }
  }
  if (!spanIdsValid) traceIdAt = 0;
  if (traceIdAt === 0) scan.invalidSpanCount++;
  scan.traceIdAt[row] = traceIdAt;
  scan.info[row] = status | parent | traceState;
  if (startAt === 0) {
    scan.startHi[row] = 0;
    scan.startLo[row] = 0;
  } else {
    scan.startHi[row] = fixed32(bytes, startAt + 4);
    scan.startLo[row] = fixed32(bytes, startAt);
  }
  if (endAt === 0) {
    scan.endHi[row] = 0;
    scan.endLo[row] = 0;
  } else {
    scan.endHi[row] = fixed32(bytes, endAt + 4);
    scan.endLo[row] = fixed32(bytes, endAt);
  }
}

/** Status: 2 message, 3 code. Returns the code read, or `status` where this piece of the message has none. */
function scanStatus(end: number, status: number): number {
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === STATUS_CODE) {
      const code = reader.varint(end);
      status = code < STATUS_MASK ? code : STATUS_MASK;
    } else {
      reader.skip(tag, end);
    }
  }
  return status;
}

function fixed32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** The Collector takes a span id of 8 bytes or none, and fails the whole request on any other. */
function isSpanIdLength(length: number): boolean {
  return length === 8 || length === 0;
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}
