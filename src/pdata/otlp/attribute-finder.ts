import { WireReader } from '../wire/wire-reader.ts';
import {
  ANY_ARRAY,
  ANY_BOOL,
  ANY_BYTES,
  ANY_DOUBLE,
  ANY_INT,
  ANY_KVLIST,
  ANY_STRING,
  KEY_VALUE_KEY,
  KEY_VALUE_VALUE,
  RESOURCE_ATTRIBUTE,
  RESOURCE_RESOURCE,
} from './fields.ts';

/** No value: an AnyValue of which nothing is set. */
const NO_VALUE = 0;

const BUCKETS = 256;

/**
 * Finds the attributes with certain keys in a span or resource, in one walk over its bytes for all keys together.
 *
 * After a `find…`, or `begin` and `takeKeyValue` for each attribute, rows 0 to `foundCount` of `found` are the keys (by index) that are there, and by key `kind` is the tag of
 * the AnyValue's field (`ANY_…`, NO_VALUE), `valueStart` and `valueEnd` where the field's content is: the text of a string,
 * the varint of an integer or boolean, the 8 bytes of a double, the inner message of an array or map. Of a key that stands
 * twice the first counts, as in the Collector's maps; of a oneof set twice the last, as in protobuf.
 *
 * Keys are looked up by length and last byte first: keys of one service share their beginnings.
 */
export class AttributeFinder {
  foundCount = 0;
  readonly found: Uint32Array;
  readonly kind: Uint8Array;
  readonly valueStart: Uint32Array;
  readonly valueEnd: Uint32Array;
  readonly #keys: readonly Uint8Array[];
  /** First key of a bucket and the next in it, as index + 1; 0 ends. */
  readonly #first = new Uint32Array(BUCKETS);
  readonly #next: Uint32Array;
  /** The walk in which a key was found last. */
  readonly #foundIn: Uint32Array;
  #walk = 0;
  readonly #reader = new WireReader();

  constructor(keys: readonly string[]) {
    this.#keys = keys.map((key) => Buffer.from(key, 'utf8'));
    this.found = new Uint32Array(keys.length);
    this.kind = new Uint8Array(keys.length);
    this.valueStart = new Uint32Array(keys.length);
    this.valueEnd = new Uint32Array(keys.length);
    this.#next = new Uint32Array(keys.length);
    this.#foundIn = new Uint32Array(keys.length);
    this.#keys.forEach((key, index) => {
      const bucket = bucketOf(key.length, key.length === 0 ? 0 : key[key.length - 1]!);
      this.#next[index] = this.#first[bucket]!;
      this.#first[bucket] = index + 1;
    });
  }

  /** Looks in the attributes (fields of tag `wanted`) of a message at `[start, end)`. Throws WireError where it is malformed. */
  find(bytes: Uint8Array, start: number, end: number, wanted: number): void {
    this.begin();
    const reader = this.#reader;
    reader.reset(bytes, start);
    this.#walkFields(reader, wanted, end);
  }

  /** Looks in a ResourceSpans message, or its envelope, at `[start, end)`. */
  findInResource(bytes: Uint8Array, start: number, end: number): void {
    this.begin();
    const reader = this.#reader;
    reader.reset(bytes, start);
    while (reader.at < end) {
      const tag = reader.tag(end);
      // A Resource that stands twice is merged.
      if (tag === RESOURCE_RESOURCE) this.#walkFields(reader, RESOURCE_ATTRIBUTE, reader.delimited(end));
      else reader.skip(tag, end);
    }
  }

  /** A new list of attributes begins: nothing is found yet. */
  begin(): void {
    this.foundCount = 0;
    if (++this.#walk === 0xffff_ffff) {
      this.#walk = 1;
      this.#foundIn.fill(0);
    }
  }

  /** Whether the key of this index was found since `begin`. */
  has(index: number): boolean {
    return this.#foundIn[index] === this.#walk;
  }

  /** Takes the KeyValue at the reader's place up to `end`: 1 key, 2 value. Values of keys nobody asks for are passed over. */
  takeKeyValue(reader: WireReader, end: number): void {
    const start = reader.at;
    let keyStart = start;
    let keyEnd = start;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === KEY_VALUE_KEY) {
        keyEnd = reader.delimited(end);
        keyStart = reader.at;
        reader.at = keyEnd;
      } else {
        reader.skip(tag, end);
      }
    }
    const index = this.#lookUp(reader.bytes, keyStart, keyEnd);
    if (index === 0 || this.#foundIn[index - 1] === this.#walk) return;
    this.#foundIn[index - 1] = this.#walk;
    this.found[this.foundCount++] = index - 1;
    this.kind[index - 1] = NO_VALUE;
    reader.at = start;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === KEY_VALUE_VALUE) this.#anyValue(reader, index - 1, reader.delimited(end));
      else reader.skip(tag, end);
    }
  }

  #walkFields(reader: WireReader, wanted: number, end: number): void {
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === wanted) this.takeKeyValue(reader, reader.delimited(end));
      else reader.skip(tag, end);
    }
  }

  #anyValue(reader: WireReader, index: number, end: number): void {
    while (reader.at < end) {
      const tag = reader.tag(end);
      switch (tag) {
        case ANY_STRING:
        case ANY_ARRAY:
        case ANY_KVLIST:
        case ANY_BYTES: {
          const stop = reader.delimited(end);
          this.#set(index, tag, reader.at, stop);
          reader.at = stop;
          break;
        }
        case ANY_BOOL:
        case ANY_INT:
        case ANY_DOUBLE: {
          const start = reader.at;
          reader.skip(tag, end);
          this.#set(index, tag, start, reader.at);
          break;
        }
        default:
          reader.skip(tag, end);
      }
    }
  }

  #set(index: number, kind: number, start: number, end: number): void {
    this.kind[index] = kind;
    this.valueStart[index] = start;
    this.valueEnd[index] = end;
  }

  /** Index + 1 of the key at `[start, end)`, 0 where nobody asks for it. */
  #lookUp(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const last = length === 0 ? 0 : bytes[end - 1]!;
    for (let index = this.#first[bucketOf(length, last)]!; index !== 0; index = this.#next[index - 1]!) {
      const key = this.#keys[index - 1]!;
      if (key.length === length && endsWith(bytes, end, key)) return index;
    }
    return 0;
  }
}

function bucketOf(length: number, lastByte: number): number {
  return (length * 31 + lastByte) & (BUCKETS - 1);
}

function endsWith(bytes: Uint8Array, end: number, key: Uint8Array): boolean {
  for (let i = key.length - 1, at = end - 1; i >= 0; i--, at--) if (bytes[at] !== key[i]) return false;
  return true;
}
