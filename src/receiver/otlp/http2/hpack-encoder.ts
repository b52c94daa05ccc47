import { STATIC_TABLE } from './hpack-tables.ts';

const INDEXED = 0x80;
const INDEXED_PREFIX = 0x7f;
const NOT_ADDED_PREFIX = 0x0f;
const STRING_PREFIX = 0x7f;
/** Of an integer, its prefix included. */
const MAX_INTEGER_BYTES = 6;

/** The first index of each name. */
const FIRST_INDEX: ReadonlyMap<string, number> = new Map(
  STATIC_TABLE.map(({ name }, i): [string, number] => [name, i + 1]).reverse(),
);

/**
 * A header block (RFC 7541) of these fields, of lower case names and of characters below 256. It refers to the static
 * table alone: it means the same at any time on any connection, and may be kept.
 */
export function encodeHeaderBlock(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  let maxBytes = 0;
  for (const [name, value] of fields) maxBytes += name.length + value.length + 3 * MAX_INTEGER_BYTES;
  const block = Buffer.allocUnsafe(maxBytes);
  let at = 0;
  for (const [name, value] of fields) {
    const nameIndex = FIRST_INDEX.get(name) ?? 0;
    const index = indexOf(nameIndex, name, value);
    if (index !== 0) {
      at = writeInteger(block, at, INDEXED, INDEXED_PREFIX, index);
      continue;
    }
    at = writeInteger(block, at, 0, NOT_ADDED_PREFIX, nameIndex);
    if (nameIndex === 0) at = writeString(block, at, name);
    at = writeString(block, at, value);
  }
  return block.subarray(0, at);
}

/** The index of the static field; 0: there is none. */
function indexOf(nameIndex: number, name: string, value: string): number {
  if (nameIndex === 0) return 0;
  for (let index = nameIndex; STATIC_TABLE[index - 1]?.name === name; index++) {
    if (STATIC_TABLE[index - 1]?.value === value) return index;
  }
  return 0;
}

/** `prefix`, a mask of ones, is where the integer begins; `kind` are the bits above it. Returns where it ends. */
function writeInteger(block: Buffer, at: number, kind: number, prefix: number, value: number): number {
  if (value < prefix) {
    block[at++] = kind | value;
    return at;
  }
  block[at++] = kind | prefix;
  let rest = value - prefix;
  for (; rest >= 0x80; rest >>>= 7) block[at++] = (rest & 0x7f) | 0x80;
  block[at++] = rest;
  return at;
}

/** As it is: Huffman's code would save bytes, not time. */
function writeString(block: Buffer, at: number, text: string): number {
  at = writeInteger(block, at, 0, STRING_PREFIX, text.length);
  return at + block.write(text, at, 'latin1');
}
