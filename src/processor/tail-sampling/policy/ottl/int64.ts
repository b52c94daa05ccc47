/**
 * 64-bit integers as OTTL has them: a number where it fits 53 bits, which nearly all do, else a bigint; never the one where
 * the other is meant, so that `===` compares them. Results wrap around, as Go's do.
 */
export type Int64 = number | bigint;

const MIN = -(2n ** 63n);

export function int64(value: bigint): Int64 {
  const wrapped = BigInt.asIntN(64, value);
  const rounded = Number(wrapped);
  return Number.isSafeInteger(rounded) ? rounded : wrapped;
}

export function isInt64(value: unknown): value is Int64 {
  return typeof value === 'number' || typeof value === 'bigint';
}

export function add(a: Int64, b: Int64): Int64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return int64(BigInt(a) + BigInt(b));
}

export function subtract(a: Int64, b: Int64): Int64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return int64(BigInt(a) - BigInt(b));
}

export function multiply(a: Int64, b: Int64): Int64 {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    // There is no negative zero among integers.
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return int64(BigInt(a) * BigInt(b));
}

/** Rounded towards zero; `b` is not 0. */
export function divide(a: Int64, b: Int64): Int64 {
  // The quotient of two integers of 53 bits never rounds up to the next whole number.
  if (typeof a === 'number' && typeof b === 'number') return Math.trunc(a / b) + 0;
  return int64(BigInt(a) / BigInt(b));
}

/** A double cut to an integer; what does not fit, and NaN, is the smallest, as Go has it on amd64. */
export function fromDouble(value: number): Int64 {
  if (Number.isSafeInteger(value)) return value + 0;
  if (!(Math.abs(value) < 2 ** 63)) return MIN;
  const whole = Math.trunc(value);
  return Number.isSafeInteger(whole) ? whole + 0 : BigInt(whole);
}
