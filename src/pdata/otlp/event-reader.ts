import { WireReader } from '../wire/wire-reader.ts';
import { AttributeFinder } from './attribute-finder.ts';
import { EVENT_ATTRIBUTE, EVENT_DROPPED_ATTRIBUTES, EVENT_NAME, EVENT_TIME } from './fields.ts';

/** All of a span event that a condition may ask for, found in one walk over its bytes; as SpanReader for spans. */
export class EventReader {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the Span.Event message lies. */
  start = 0;
  end = 0;
  readonly attributes: AttributeFinder;
  nameStart = 0;
  nameEnd = 0;
  /** Where the 8 bytes of the time are, little-endian; -1 when it is not set. */
  timeAt = -1;
  droppedAttributesCount = 0;
  readonly #reader = new WireReader();

  constructor(attributeKeys: readonly string[]) {
    this.attributes = new AttributeFinder(attributeKeys);
  }

  /** Reads the Span.Event message at `[start, end)`. Throws WireError where it is malformed. */
  read(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.attributes.begin();
    this.nameStart = this.nameEnd = 0;
    this.timeAt = -1;
    this.droppedAttributesCount = 0;
    const reader = this.#reader;
    reader.reset(bytes, start);
    while (reader.at < end) {
      const tag = reader.tag(end);
      switch (tag) {
        case EVENT_ATTRIBUTE:
          this.attributes.takeKeyValue(reader, reader.delimited(end));
          break;
        case EVENT_NAME:
          this.nameEnd = reader.delimited(end);
          this.nameStart = reader.at;
          reader.at = this.nameEnd;
          break;
        case EVENT_TIME:
          this.timeAt = reader.fixed(8, end);
          break;
        case EVENT_DROPPED_ATTRIBUTES:
          this.droppedAttributesCount = reader.varint(end);
          break;
        default:
          reader.skip(tag, end);
      }
    }
  }
}
