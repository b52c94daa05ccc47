/** How many bytes a varint takes; `value` is a whole number from 0 to 2³² − 1. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

/** Writes a varint (0 to 2³² − 1) and returns the place after it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  while (value >= 0x80) {
    bytes[at++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  bytes[at++] = value;
  return at;
}

/** Bytes that a delimited field of a field number below 16 takes: tag, length, content. */
export function delimitedSize(contentSize: number): number {
  return 1 + varintSize(contentSize) + contentSize;
}
