import { WireReader } from '../wire/wire-reader.ts';
import { RESOURCE_DROPPED_ATTRIBUTES, RESOURCE_RESOURCE, SCHEMA_URL } from './fields.ts';

/** What a ResourceSpans message, or its envelope, says of a resource beside its attributes, which AttributeFinder finds. */
export class ResourceReader {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the ResourceSpans message lies. */
  start = 0;
  end = 0;
  schemaUrlStart = 0;
  schemaUrlEnd = 0;
  droppedAttributesCount = 0;
  readonly #reader = new WireReader();

  /** Reads the ResourceSpans message at `[start, end)`. Throws WireError where it is malformed. */
  read(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.schemaUrlStart = this.schemaUrlEnd = 0;
    this.droppedAttributesCount = 0;
    const reader = this.#reader;
    reader.reset(bytes, start);
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === RESOURCE_RESOURCE) {
        this.#readResource(reader.delimited(end));
      } else if (tag === SCHEMA_URL) {
        this.schemaUrlEnd = reader.delimited(end);
        this.schemaUrlStart = reader.at;
        reader.at = this.schemaUrlEnd;
      } else {
        reader.skip(tag, end);
      }
    }
  }

  /** A Resource that stands twice is merged. */
  #readResource(end: number): void {
    const reader = this.#reader;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === RESOURCE_DROPPED_ATTRIBUTES) this.droppedAttributesCount = reader.varint(end);
      else reader.skip(tag, end);
    }
  }
}
