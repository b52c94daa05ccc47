import { TokenBucket } from '../../../internal/token-bucket.ts';
import { type Bits56, compare } from './bits56.ts';
import { KEEP_ALL, KEEP_NONE, keepsAll, NOT_SAMPLED, type Decision, type Policy } from './policy.ts';
import { successor } from './threshold.ts';
import type { Trace, TraceBatch } from './trace.ts';

/** Sampled, with a threshold that is known. */
interface KnownDecision extends Decision {
  readonly threshold: Bits56;
}

/** A trace that the budget may be spent on: its randomness, and what it costs. */
interface Candidate extends Bits56 {
  readonly cost: number;
}

const KEPT: KnownDecision = { verdict: 'sampled', threshold: KEEP_ALL };

/**
 * A number of spans or bytes a second, spent so that what is kept is an unbiased sample: of the traces decided together
 * those with the most randomness are kept, from the top, while they fit, and the threshold is the randomness of the first
 * that is left out, plus one. (Priority sampling: Duffield, Lund, Thorup, "Priority sampling for estimation of arbitrary
 * subset sums", 2007. With the last one kept instead, k kept traces would stand for k/(k − 1) times as many.)
 */
export class Budget implements Policy {
  readonly #bucket: TokenBucket;
  readonly #capacity: number;
  readonly #cost: (trace: Trace) => number;
  #decision = KEPT;

  constructor(perSecond: number, capacity: number, cost: (trace: Trace) => number) {
    this.#bucket = new TokenBucket(perSecond, capacity);
    this.#capacity = capacity;
    this.#cost = cost;
  }

  /** Divides what there is over a batch. A trace that costs more than the capacity never passes and takes nothing away. */
  prepare(batch: TraceBatch): void {
    const candidates: Candidate[] = [];
    for (let index = 0; index < batch.size; index++) {
      const trace = batch.trace(index);
      const cost = this.#cost(trace);
      if (cost > this.#capacity) continue;
      const { hi, lo } = trace.randomness;
      candidates.push({ hi, lo, cost });
    }
    const available = this.#bucket.available(batch.nowMs);
    let total = 0;
    for (const { cost } of candidates) total += cost;
    if (total <= available) {
      this.#bucket.spend(total);
      this.#decision = KEPT;
      return;
    }
    candidates.sort((a, b) => compare(b, a));
    this.#decision = this.#spend(candidates, available);
  }

  /** What the traces of the batch have to pass. */
  get threshold(): Bits56 {
    return this.#decision.threshold;
  }

  /** Whether a trace of the batch is within the budget. */
  evaluate(trace: Trace): Decision {
    const { threshold } = this.#decision;
    if (!keepsAll(threshold) && compare(trace.randomness, threshold) < 0) return NOT_SAMPLED;
    return this.#cost(trace) <= this.#capacity ? this.#decision : NOT_SAMPLED;
  }

  #spend(descending: readonly Candidate[], available: number): KnownDecision {
    let kept = 0;
    let spent = 0;
    while (kept < descending.length && spent + descending[kept]!.cost <= available) spent += descending[kept++]!.cost;
    const firstLeftOut = descending[kept]!;
    // Those of equal randomness cannot be told apart by a threshold: all are left out.
    while (kept > 0 && compare(descending[kept - 1]!, firstLeftOut) === 0) spent -= descending[--kept]!.cost;
    this.#bucket.spend(spent);
    return { verdict: 'sampled', threshold: kept === 0 ? KEEP_NONE : successor(firstLeftOut) };
  }
}
