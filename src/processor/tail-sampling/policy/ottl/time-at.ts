import { type Int64, int64 } from './int64.ts';
import { Time } from './time.ts';

const START = new Time(0, 0);

/** The time in the 8 bytes at `at`, nanoseconds since 1970, little-endian; that of 1970 where `at` is -1, since nothing is set. */
export function timeAt(bytes: Uint8Array, at: number): Time {
  return at < 0 ? START : Time.ofHalves(highAt(bytes, at) | 0, lowAt(bytes, at));
}

/** The same as a number of nanoseconds: signed, as in the Collector. */
export function unixNanoAt(bytes: Uint8Array, at: number): Int64 {
  return at < 0 ? 0 : int64((BigInt(highAt(bytes, at)) << 32n) | BigInt(lowAt(bytes, at)));
}

function lowAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

function highAt(bytes: Uint8Array, at: number): number {
  return lowAt(bytes, at + 4);
}
