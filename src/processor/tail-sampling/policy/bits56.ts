/**
 * A whole number of 56 bits in two halves of 28, which a number that holds 53 bits does not: randomness, and the thresholds
 * that it is held against.
 */
export interface Bits56 {
  readonly hi: number;
  readonly lo: number;
}

/** Below 0 where `a` is less than `b`, 0 where they are equal, above where it is more. */
export function compare(a: Bits56, b: Bits56): number {
  return a.hi === b.hi ? a.lo - b.lo : a.hi - b.hi;
}

/** 14 lower-case hex digits. */
export function hexOfBits({ hi, lo }: Bits56): string {
  return hex7(hi) + hex7(lo);
}

/** The number that 14 hex digits are. */
export function bitsOfHex(digits: string): Bits56 {
  return { hi: Number.parseInt(digits.slice(0, 7), 16), lo: Number.parseInt(digits.slice(7), 16) };
}

function hex7(half: number): string {
  return half.toString(16).padStart(7, '0');
}
