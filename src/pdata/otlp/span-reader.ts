import { WireReader } from '../wire/wire-reader.ts';
import { AttributeFinder } from './attribute-finder.ts';
import {
  SPAN_ATTRIBUTE,
  SPAN_DROPPED_ATTRIBUTES,
  SPAN_DROPPED_EVENTS,
  SPAN_DROPPED_LINKS,
  SPAN_END_TIME,
  SPAN_EVENT,
  SPAN_FLAGS,
  SPAN_KIND,
  SPAN_LINK,
  SPAN_NAME,
  SPAN_PARENT_SPAN_ID,
  SPAN_SPAN_ID,
  SPAN_START_TIME,
  SPAN_STATUS,
  SPAN_TRACE_ID,
  SPAN_TRACE_STATE,
  STATUS_CODE,
  STATUS_MESSAGE,
} from './fields.ts';

/**
 * All of a span that a condition may ask for, found in one walk over its bytes: numbers as numbers, everything else as the
 * place `[…Start, …End)` where it lies in `bytes`. A field that is not set has an empty place and the value 0, as protobuf
 * has it. Attributes are found by the keys given at the start (AttributeFinder).
 */
export class SpanReader {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the Span message lies. */
  start = 0;
  end = 0;
  readonly attributes: AttributeFinder;
  traceIdStart = 0;
  traceIdEnd = 0;
  spanIdStart = 0;
  spanIdEnd = 0;
  parentSpanIdStart = 0;
  parentSpanIdEnd = 0;
  traceStateStart = 0;
  traceStateEnd = 0;
  nameStart = 0;
  nameEnd = 0;
  kind = 0;
  flags = 0;
  /** Where the 8 bytes of the time are, little-endian; -1 when it is not set. */
  startTimeAt = -1;
  endTimeAt = -1;
  droppedAttributesCount = 0;
  droppedEventsCount = 0;
  droppedLinksCount = 0;
  linkCount = 0;
  statusCode = 0;
  statusMessageStart = 0;
  statusMessageEnd = 0;
  /** Rows 0 to `eventCount` are the Span.Event messages. */
  eventCount = 0;
  eventStart = new Uint32Array(16);
  eventEnd = new Uint32Array(16);
  readonly #reader = new WireReader();

  constructor(attributeKeys: readonly string[]) {
    this.attributes = new AttributeFinder(attributeKeys);
  }

  /** Reads the Span message at `[start, end)`. Throws WireError where it is malformed. */
  read(bytes: Uint8Array, start: number, end: number): void {
    this.#reset(bytes);
    this.start = start;
    this.end = end;
    const reader = this.#reader;
    reader.reset(bytes, start);
    while (reader.at < end) {
      const tag = reader.tag(end);
      switch (tag) {
        case SPAN_ATTRIBUTE:
          this.attributes.takeKeyValue(reader, reader.delimited(end));
          break;
        case SPAN_TRACE_ID:
          this.traceIdEnd = reader.delimited(end);
          this.traceIdStart = reader.at;
          reader.at = this.traceIdEnd;
          break;
        case SPAN_SPAN_ID:
          this.spanIdEnd = reader.delimited(end);
          this.spanIdStart = reader.at;
          reader.at = this.spanIdEnd;
          break;
        case SPAN_PARENT_SPAN_ID:
          this.parentSpanIdEnd = reader.delimited(end);
          this.parentSpanIdStart = reader.at;
          reader.at = this.parentSpanIdEnd;
          break;
        case SPAN_TRACE_STATE:
          this.traceStateEnd = reader.delimited(end);
          this.traceStateStart = reader.at;
          reader.at = this.traceStateEnd;
          break;
        case SPAN_NAME:
          this.nameEnd = reader.delimited(end);
          this.nameStart = reader.at;
          reader.at = this.nameEnd;
          break;
        case SPAN_KIND:
          this.kind = reader.varint(end) | 0;
          break;
        case SPAN_FLAGS:
          this.flags = fixed32(bytes, reader.fixed(4, end));
          break;
        case SPAN_START_TIME:
          this.startTimeAt = reader.fixed(8, end);
          break;
        case SPAN_END_TIME:
          this.endTimeAt = reader.fixed(8, end);
          break;
        case SPAN_DROPPED_ATTRIBUTES:
          this.droppedAttributesCount = reader.varint(end);
          break;
        case SPAN_DROPPED_EVENTS:
          this.droppedEventsCount = reader.varint(end);
          break;
        case SPAN_DROPPED_LINKS:
          this.droppedLinksCount = reader.varint(end);
          break;
        case SPAN_EVENT:
          this.#addEvent(reader.delimited(end));
          break;
        case SPAN_LINK:
          this.linkCount++;
          reader.skip(tag, end);
          break;
        case SPAN_STATUS:
          this.#readStatus(reader.delimited(end));
          break;
        default:
          reader.skip(tag, end);
      }
    }
  }

  #addEvent(stop: number): void {
    if (this.eventCount === this.eventStart.length) {
      this.eventStart = doubled(this.eventStart);
      this.eventEnd = doubled(this.eventEnd);
    }
    this.eventStart[this.eventCount] = this.#reader.at;
    this.eventEnd[this.eventCount++] = stop;
    this.#reader.at = stop;
  }

  /** A Status that stands twice is merged. */
  #readStatus(end: number): void {
    const reader = this.#reader;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === STATUS_CODE) {
        this.statusCode = reader.varint(end) | 0;
      } else if (tag === STATUS_MESSAGE) {
        this.statusMessageEnd = reader.delimited(end);
        this.statusMessageStart = reader.at;
        reader.at = this.statusMessageEnd;
      } else {
        reader.skip(tag, end);
      }
    }
  }

  #reset(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.attributes.begin();
    this.traceIdStart = this.traceIdEnd = 0;
    this.spanIdStart = this.spanIdEnd = 0;
    this.parentSpanIdStart = this.parentSpanIdEnd = 0;
    this.traceStateStart = this.traceStateEnd = 0;
    this.nameStart = this.nameEnd = 0;
    this.kind = 0;
    this.flags = 0;
    this.startTimeAt = -1;
    this.endTimeAt = -1;
    this.droppedAttributesCount = 0;
    this.droppedEventsCount = 0;
    this.droppedLinksCount = 0;
    this.linkCount = 0;
    this.statusCode = 0;
    this.statusMessageStart = this.statusMessageEnd = 0;
    this.eventCount = 0;
  }
}

function fixed32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

function doubled(column: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(column.length * 2);
  larger.set(column);
  return larger;
}
