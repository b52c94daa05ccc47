import { WireReader } from '../wire/wire-reader.ts';
import { AttributeFinder } from './attribute-finder.ts';
import {
  INSTRUMENTATION_SCOPE_ATTRIBUTE,
  INSTRUMENTATION_SCOPE_DROPPED_ATTRIBUTES,
  INSTRUMENTATION_SCOPE_NAME,
  INSTRUMENTATION_SCOPE_VERSION,
  SCHEMA_URL,
  SCOPE_SCOPE,
} from './fields.ts';

/**
 * The instrumentation scope that spans came in, found in one walk over a ScopeSpans message or its envelope (its fields
 * without the spans); as SpanReader for spans.
 */
export class ScopeReader {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the ScopeSpans message lies. */
  start = 0;
  end = 0;
  readonly attributes: AttributeFinder;
  nameStart = 0;
  nameEnd = 0;
  versionStart = 0;
  versionEnd = 0;
  schemaUrlStart = 0;
  schemaUrlEnd = 0;
  droppedAttributesCount = 0;
  readonly #reader = new WireReader();

  constructor(attributeKeys: readonly string[]) {
    this.attributes = new AttributeFinder(attributeKeys);
  }

  /** Reads the ScopeSpans message at `[start, end)`. Throws WireError where it is malformed. */
  read(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.attributes.begin();
    this.nameStart = this.nameEnd = 0;
    this.versionStart = this.versionEnd = 0;
    this.schemaUrlStart = this.schemaUrlEnd = 0;
    this.droppedAttributesCount = 0;
    const reader = this.#reader;
    reader.reset(bytes, start);
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === SCOPE_SCOPE) {
        this.#readScope(reader.delimited(end));
      } else if (tag === SCHEMA_URL) {
        this.schemaUrlEnd = reader.delimited(end);
        this.schemaUrlStart = reader.at;
        reader.at = this.schemaUrlEnd;
      } else {
        reader.skip(tag, end);
      }
    }
  }

  /** An InstrumentationScope that stands twice is merged. */
  #readScope(end: number): void {
    const reader = this.#reader;
    while (reader.at < end) {
      const tag = reader.tag(end);
      switch (tag) {
        case INSTRUMENTATION_SCOPE_ATTRIBUTE:
          this.attributes.takeKeyValue(reader, reader.delimited(end));
          break;
        case INSTRUMENTATION_SCOPE_NAME:
          this.nameEnd = reader.delimited(end);
          this.nameStart = reader.at;
          reader.at = this.nameEnd;
          break;
        case INSTRUMENTATION_SCOPE_VERSION:
          this.versionEnd = reader.delimited(end);
          this.versionStart = reader.at;
          reader.at = this.versionEnd;
          break;
        case INSTRUMENTATION_SCOPE_DROPPED_ATTRIBUTES:
          this.droppedAttributesCount = reader.varint(end);
          break;
        default:
          reader.skip(tag, end);
      }
    }
  }
}
