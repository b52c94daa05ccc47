import { type Bits56, bitsOfHex, compare } from './bits56.ts';
import { KEEP_ALL, KEEP_NONE, keepsAll, type Threshold } from './policy.ts';

/** Hex digits of a threshold: 56 bits. */
const DIGITS = 14;
const HALF = 2 ** 28;

/** Significant digits after the leading f's that a probability is written with, as OpenTelemetry's SDKs do. */
const PRECISION = 4;

/**
 * The rejection threshold for a probability in (0, 1], rounded to 4 hex digits after the leading f's (OpenTelemetry,
 * "TraceState: Probability Sampling"): 1/2 → 8, 1/3 → aaab, 1/1000 → ffbe77, with zeros behind.
 */
export function thresholdOf(probability: number): Bits56 {
  const rejected = 1 - probability;
  if (rejected <= 0) return KEEP_ALL;
  // Leading f's: how often 1/16 still covers what is kept.
  const leading = Math.max(0, Math.floor(-Math.log2(probability) / 4));
  const digits = Math.min(DIGITS, leading + PRECISION);
  const rounded = Math.round(rejected * 16 ** digits);
  const hex = rounded >= 16 ** digits ? 'f'.repeat(digits) : rounded.toString(16).padStart(digits, '0');
  return bitsOfHex(hex.padEnd(DIGITS, '0'));
}

/** The probability that a threshold stands for. */
export function probabilityOf({ hi, lo }: Bits56): number {
  return (HALF - hi - lo / HALF) / HALF;
}

/** The least threshold that keeps out a randomness: one more. */
export function successor({ hi, lo }: Bits56): Bits56 {
  if (lo < HALF - 1) return { hi, lo: lo + 1 };
  return hi < HALF - 1 ? { hi: hi + 1, lo: 0 } : KEEP_NONE;
}

/** What a trace has to pass to be kept by both of two means, which share its randomness. */
export function higherThreshold(a: Threshold, b: Threshold): Threshold {
  if (a === undefined || b === undefined) return undefined;
  return compare(a, b) > 0 ? a : b;
}

/** What it has to pass to be kept by either. Certain beats all; else, where one probability is not known, none is. */
export function lowerThreshold(a: Threshold, b: Threshold): Threshold {
  if (keepsAll(a) || keepsAll(b)) return KEEP_ALL;
  if (a === undefined || b === undefined) return undefined;
  return compare(a, b) < 0 ? a : b;
}
