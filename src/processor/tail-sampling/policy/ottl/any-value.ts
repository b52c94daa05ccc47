import type { AttributeFinder } from '../../../../pdata/otlp/attribute-finder.ts';
import {
  ANY_ARRAY,
  ANY_BOOL,
  ANY_BYTES,
  ANY_DOUBLE,
  ANY_INT,
  ANY_KVLIST,
  ANY_STRING,
  ARRAY_ITEM,
  KEY_VALUE_KEY,
  KEY_VALUE_VALUE,
  KVLIST_ENTRY,
} from '../../../../pdata/otlp/fields.ts';
import { readDouble, readInt64 } from '../../../../pdata/otlp/numbers.ts';
import { WireReader } from '../../../../pdata/wire/wire-reader.ts';
import { ConditionError } from './ottl-error.ts';
import { Bytes, Double, OttlList, OttlMap, type Value } from './value.ts';

/** Deeper than any program nests attributes. */
const MAX_DEPTH = 100;

const tooDeep = new ConditionError(`an attribute is nested deeper than ${MAX_DEPTH} levels`);

/** The value that a finder found under a key, by the key's number; nil where it found none. */
export function foundValue(attributes: AttributeFinder, key: number, bytes: Uint8Array): Value {
  if (!attributes.has(key)) return undefined;
  return valueOf(attributes.kind[key]!, bytes, attributes.valueStart[key]!, attributes.valueEnd[key]!, 0);
}

/** Whether that value is this text: told without making one of it. */
export function isFoundText(attributes: AttributeFinder, key: number, bytes: Uint8Array, text: Uint8Array): boolean {
  return attributes.has(key) && attributes.kind[key] === ANY_STRING && isTextAt(bytes, attributes.valueStart[key]!, attributes.valueEnd[key]!, text);
}

/** The text at `[start, end)`, as it is kept here. */
export function textAt(bytes: Uint8Array, start: number, end: number): string {
  if (start === end) return '';
  // The window's segments are Buffers: another one around the same bytes costs more than the text.
  if (Buffer.isBuffer(bytes)) return bytes.toString('latin1', start, end);
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

export function isTextAt(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.length) return false;
  // Texts of one kind differ at their ends.
  for (let i = text.length - 1; i >= 0; i--) if (bytes[start + i] !== text[i]) return false;
  return true;
}

/**
 * All attributes of the message at `[start, end)`: its fields with tag `wanted`, or, where they are the fields of a message
 * inside, those of its fields with tag `inside`. Throws WireError where it is malformed.
 */
export function attributeMap(bytes: Uint8Array, start: number, end: number, wanted: number, inside?: number): OttlMap {
  const reader = readerAt(bytes, start, 0);
  const entries: Entry[] = [];
  if (inside === undefined) readEntries(reader, end, wanted, 0, entries);
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === inside) readEntries(reader, reader.delimited(end), wanted, 0, entries);
    else reader.skip(tag, end);
  }
  return new OttlMap('data', entries);
}

/** What the content of an AnyValue's field stands for, by the field's tag, as AttributeFinder gives it. */
function valueOf(kind: number, bytes: Uint8Array, start: number, end: number, depth: number): Value {
  switch (kind) {
    case ANY_STRING:
      return textAt(bytes, start, end);
    case ANY_BOOL:
      return readInt64(bytes, start, end) !== 0;
    case ANY_INT:
      return readInt64(bytes, start, end);
    case ANY_DOUBLE:
      return new Double(readDouble(bytes, start));
    case ANY_BYTES:
      return new Bytes(textAt(bytes, start, end));
    case ANY_ARRAY:
      return listAt(bytes, start, end, depth);
    case ANY_KVLIST:
      return mapAt(bytes, start, end, depth);
    default:
      return undefined;
  }
}

function listAt(bytes: Uint8Array, start: number, end: number, depth: number): OttlList {
  const reader = readerAt(bytes, start, depth);
  const items: Value[] = [];
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === ARRAY_ITEM) items.push(anyValueAt(reader, reader.delimited(end), depth + 1));
    else reader.skip(tag, end);
  }
  return new OttlList('data', items);
}

function mapAt(bytes: Uint8Array, start: number, end: number, depth: number): OttlMap {
  const entries: Entry[] = [];
  readEntries(readerAt(bytes, start, depth), end, KVLIST_ENTRY, depth, entries);
  return new OttlMap('data', entries);
}

type Entry = readonly [key: string, value: Value];

/** Reads on to `end` and adds the entry of every KeyValue, which are the fields with tag `wanted`. */
function readEntries(reader: WireReader, end: number, wanted: number, depth: number, entries: Entry[]): void {
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === wanted) entries.push(keyValueAt(reader, reader.delimited(end), depth + 1));
    else reader.skip(tag, end);
  }
}

function keyValueAt(reader: WireReader, end: number, depth: number): Entry {
  let key = '';
  let value: Value;
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === KEY_VALUE_KEY) {
      const stop = reader.delimited(end);
      key = textAt(reader.bytes, reader.at, stop);
      reader.at = stop;
    } else if (tag === KEY_VALUE_VALUE) {
      const stop = reader.delimited(end);
      // A value that stands twice is merged: an empty one changes nothing.
      if (reader.at < stop) value = anyValueAt(reader, stop, depth, value);
    } else {
      reader.skip(tag, end);
    }
  }
  return [key, value];
}

/** The AnyValue from the reader's place to `end`: of its oneof the last counts. */
function anyValueAt(reader: WireReader, end: number, depth: number, before?: Value): Value {
  let value = before;
  while (reader.at < end) {
    const tag = reader.tag(end);
    switch (tag) {
      case ANY_STRING:
      case ANY_ARRAY:
      case ANY_KVLIST:
      case ANY_BYTES: {
        const stop = reader.delimited(end);
        value = valueOf(tag, reader.bytes, reader.at, stop, depth);
        reader.at = stop;
        break;
      }
      case ANY_BOOL:
      case ANY_INT:
      case ANY_DOUBLE: {
        const start = reader.at;
        reader.skip(tag, end);
        value = valueOf(tag, reader.bytes, start, reader.at, depth);
        break;
      }
      default:
        reader.skip(tag, end);
    }
  }
  return value;
}

function readerAt(bytes: Uint8Array, start: number, depth: number): WireReader {
  if (depth >= MAX_DEPTH) throw tooDeep;
  const reader = new WireReader();
  reader.reset(bytes, start);
  return reader;
}
