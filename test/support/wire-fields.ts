/** One field of a protobuf message as it stands in the bytes. */
export interface WireField {
  readonly number: number;
  readonly wireType: number;
  /** Tag, length and content. */
  readonly raw: Uint8Array;
  /** What is behind the tag; of a delimited field what is behind the length. */
  readonly content: Uint8Array;
}

const MAX_VARINT_BYTES = 10;
const MAX_GROUP_DEPTH = 100;
const START_GROUP = 3;
const END_GROUP = 4;

/**
 * The fields of a message in the order of the bytes, read in the plainest way, with 64-bit varints, as the encoding is
 * defined (https://protobuf.dev/programming-guides/encoding/). Throws RangeError where the bytes are no message.
 */
export function wireFields(bytes: Uint8Array): readonly WireField[] {
  const fields: WireField[] = [];
  for (let at = 0; at < bytes.length; ) {
    const field = readField(bytes, at, 0);
    if (field.wireType === END_GROUP) throw new RangeError(`group ends at ${at} that never began`);
    fields.push(field);
    at += field.raw.length;
  }
  return fields;
}

/** Those with a number and of the delimited kind, their contents joined: a message that stands in pieces as one. */
export function joinedContent(fields: readonly WireField[], number: number): Uint8Array {
  return Buffer.concat(delimitedContents(fields, number));
}

export function delimitedContents(fields: readonly WireField[], number: number): readonly Uint8Array[] {
  return fields.filter((field) => field.number === number && field.wireType === 2).map(({ content }) => content);
}

/** All bytes of a message but its delimited fields of one number. */
export function withoutDelimited(fields: readonly WireField[], number: number): Uint8Array {
  return Buffer.concat(fields.filter((field) => field.number !== number || field.wireType !== 2).map(({ raw }) => raw));
}

function readField(bytes: Uint8Array, start: number, depth: number): WireField {
  const tag = readVarint(bytes, start);
  const number = Number(BigInt.asUintN(32, tag.value) >> 3n);
  const wireType = Number(tag.value & 7n);
  if (number === 0) throw new RangeError(`field number 0 at ${start}`);
  const { from, to } = valueRange(bytes, tag.end, number, wireType, depth);
  if (to > bytes.length) throw new RangeError(`field at ${start} reaches beyond the message`);
  return { number, wireType, raw: bytes.subarray(start, to), content: bytes.subarray(from, to) };
}

function valueRange(bytes: Uint8Array, at: number, number: number, wireType: number, depth: number): { from: number; to: number } {
  switch (wireType) {
    case 0:
      return { from: at, to: readVarint(bytes, at).end };
    case 1:
      return { from: at, to: at + 8 };
    case 2: {
      const length = readVarint(bytes, at);
      return { from: length.end, to: Number(BigInt(length.end) + length.value) };
    }
    case START_GROUP:
      return { from: at, to: groupEnd(bytes, at, number, depth + 1) };
    case END_GROUP:
      return { from: at, to: at };
    case 5:
      return { from: at, to: at + 4 };
    default:
      throw new RangeError(`wire type ${wireType} at ${at}`);
  }
}

function groupEnd(bytes: Uint8Array, start: number, number: number, depth: number): number {
  if (depth > MAX_GROUP_DEPTH) throw new RangeError(`groups too deep at ${start}`);
  for (let at = start; at < bytes.length; ) {
    const field = readField(bytes, at, depth);
    at += field.raw.length;
    if (field.wireType !== END_GROUP) continue;
    if (field.number !== number) throw new RangeError(`group ${number} closed by ${field.number}`);
    return at;
  }
  throw new RangeError(`group at ${start} has no end`);
}

function readVarint(bytes: Uint8Array, start: number): { value: bigint; end: number } {
  let value = 0n;
  for (let i = 0; i < MAX_VARINT_BYTES; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) throw new RangeError(`varint at ${start} has no end`);
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  throw new RangeError(`varint at ${start} is too long`);
}
