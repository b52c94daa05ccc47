import type { Bits56 } from './bits56.ts';
import type { Trace, TraceBatch } from './trace.ts';

export type Verdict = 'sampled' | 'not_sampled' | 'dropped';

/**
 * The rejection threshold T of a decision (W3C Trace Context level 2, OpenTelemetry probability sampling). A trace with
 * randomness R is kept when R ≥ T, so with probability (2⁵⁶ − T) / 2⁵⁶. Undefined where the probability is not known.
 */
export type Threshold = Bits56 | undefined;

/** The threshold that everything passes: probability 1. */
export const KEEP_ALL: Bits56 = { hi: 0, lo: 0 };
/** Above all randomness: nothing passes. */
export const KEEP_NONE: Bits56 = { hi: 2 ** 28, lo: 0 };

/** Whether that is sure to be kept. */
export function keepsAll(threshold: Threshold): boolean {
  return threshold !== undefined && threshold.hi === 0 && threshold.lo === 0;
}

export interface Decision {
  readonly verdict: Verdict;
  /** Only of meaning when sampled. */
  readonly threshold: Threshold;
  /** The policy inside a composite one that kept the trace. */
  readonly subPolicy?: string | undefined;
}

/** Sampled by a rule, not by chance. */
export const SAMPLED: Decision = { verdict: 'sampled', threshold: KEEP_ALL };
/** Sampled with a probability that nobody knows. */
export const SAMPLED_UNKNOWN: Decision = { verdict: 'sampled', threshold: undefined };
export const NOT_SAMPLED: Decision = { verdict: 'not_sampled', threshold: undefined };
/** A veto: no other policy can keep the trace. */
export const DROPPED: Decision = { verdict: 'dropped', threshold: undefined };

/**
 * Looks at a complete trace and decides. Built once from its configuration; no clock, no randomness, no log, no metric
 * inside (the time is the trace's `nowMs`, the randomness the trace's own). It may keep state of its own, as a limiter
 * does, but nothing of the trace beyond the call. Throws where the trace's bytes are malformed: the caller counts that and
 * passes over this policy.
 */
export interface Policy {
  evaluate(trace: Trace): Decision;
  /**
   * For policies that divide a budget over the traces decided together: sees all of them that it will be asked about before
   * the first `evaluate`. Absent where a trace's decision does not depend on others.
   */
  prepare?(batch: TraceBatch): void;
}
