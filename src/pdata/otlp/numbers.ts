/** Bytes of a varint that fit a number exactly: 7 bits each, 53 at most. */
const EXACT_BYTES = 7;

const doubleBytes = new DataView(new ArrayBuffer(8));

/**
 * The int64 that the varint at `[start, end)` stands for: a number where it fits 53 bits, else a bigint. Negative ones
 * take 10 bytes and are rare.
 */
export function readInt64(bytes: Uint8Array, start: number, end: number): number | bigint {
  if (end - start <= EXACT_BYTES) {
    let value = 0;
    for (let at = end - 1; at >= start; at--) value = value * 128 + (bytes[at]! & 0x7f);
    return value;
  }
  let value = 0n;
  for (let at = end - 1; at >= start; at--) value = (value << 7n) | BigInt(bytes[at]! & 0x7f);
  value = BigInt.asIntN(64, value);
  const rounded = Number(value);
  return Number.isSafeInteger(rounded) ? rounded : value;
}

/** The double in the 8 bytes at `start`, little-endian. */
export function readDouble(bytes: Uint8Array, start: number): number {
  for (let i = 0; i < 8; i++) doubleBytes.setUint8(i, bytes[start + i]!);
  return doubleBytes.getFloat64(0, true);
}
