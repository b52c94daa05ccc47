import { KEEP_ALL, KEEP_NONE, type Threshold } from './policy.ts';

/** Hex digits of a threshold or of randomness: 56 bits. */
const DIGITS = 14;

/** Two hex digits a byte: formatting numbers takes three times as long, once a trace. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Significant digits after the leading f's that a probability is written with, as OpenTelemetry's SDKs do. */
const PRECISION = 4;

/**
 * The randomness R of a trace id: its last 7 bytes (W3C Trace Context level 2, random-trace-id flag), as 14 hex digits.
 * `id` has the 16 bytes as 8 UTF-16 units.
 */
export function randomnessOf(id: string): string {
  const c = id.charCodeAt(5);
  const d = id.charCodeAt(6);
  const e = id.charCodeAt(7);
  return HEX[id.charCodeAt(4) & 0xff]! + HEX[c >>> 8]! + HEX[c & 0xff]! + HEX[d >>> 8]! + HEX[d & 0xff]! + HEX[e >>> 8]! + HEX[e & 0xff]!;
}

/**
 * The rejection threshold for a probability in (0, 1], 14 hex digits, rounded to 4 digits after the leading f's
 * (OpenTelemetry, "TraceState: Probability Sampling"): 1/2 → 8, 1/3 → aaab, 1/1000 → ffbe77, padded with zeros.
 */
export function thresholdOf(probability: number): string {
  const rejected = 1 - probability;
  if (rejected <= 0) return '0'.repeat(DIGITS);
  // Leading f's: how often 1/16 still covers what is kept.
  const leading = Math.max(0, Math.floor(-Math.log2(probability) / 4));
  const digits = Math.min(DIGITS, leading + PRECISION);
  const rounded = Math.round(rejected * 16 ** digits);
  const hex = rounded >= 16 ** digits ? 'f'.repeat(digits) : rounded.toString(16).padStart(digits, '0');
  return hex.padEnd(DIGITS, '0');
}

/** The probability that a threshold of 14 digits stands for. */
export function probabilityOf(threshold: string): number {
  const { thresholdHi, thresholdLo } = splitThreshold(threshold);
  return (2 ** 28 - thresholdHi - thresholdLo / 2 ** 28) / 2 ** 28;
}

/** The least threshold that keeps out a randomness: one more. */
export function successor(randomness: string): string {
  const { thresholdHi, thresholdLo } = splitThreshold(randomness);
  if (thresholdLo < 2 ** 28 - 1) return hex7(thresholdHi) + hex7(thresholdLo + 1);
  return thresholdHi < 2 ** 28 - 1 ? hex7(thresholdHi + 1) + hex7(0) : KEEP_NONE;
}

/** What a trace has to pass to be kept by both of two means, which share its randomness. */
export function higherThreshold(a: Threshold, b: Threshold): Threshold {
  if (a === undefined || b === undefined) return undefined;
  return a > b ? a : b;
}

/** What it has to pass to be kept by either. Certain beats all; else, where one probability is not known, none is. */
export function lowerThreshold(a: Threshold, b: Threshold): Threshold {
  if (a === KEEP_ALL || b === KEEP_ALL) return KEEP_ALL;
  if (a === undefined || b === undefined) return undefined;
  return a < b ? a : b;
}

/** A threshold as two halves of 28 bits, for where numbers are kept. */
export interface SplitThreshold {
  thresholdHi: number;
  thresholdLo: number;
}

/** Stands in both halves for a probability that is not known. */
const UNKNOWN = 0xffff_ffff;

export function splitThreshold(threshold: Threshold, out: SplitThreshold = { thresholdHi: 0, thresholdLo: 0 }): SplitThreshold {
  out.thresholdHi = threshold === undefined ? UNKNOWN : Number.parseInt(threshold.slice(0, 7), 16);
  out.thresholdLo = threshold === undefined ? UNKNOWN : Number.parseInt(threshold.slice(7), 16);
  return out;
}

export function joinThreshold({ thresholdHi, thresholdLo }: Readonly<SplitThreshold>): Threshold {
  return thresholdHi === UNKNOWN ? undefined : hex7(thresholdHi) + hex7(thresholdLo);
}

function hex7(half: number): string {
  return half.toString(16).padStart(7, '0');
}
