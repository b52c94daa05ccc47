import { NONE } from './arena.ts';
import type { TraceId } from './trace-id.ts';
import { TraceRecords } from './trace-records.ts';

/** Words of a record. Of META the lowest bit says whether it was sampled, the others are the policy. */
const META = 0;
const THRESHOLD_HI = 1;
const THRESHOLD_LO = 2;
const DECIDED_AT = 3;
const WORDS = 4;

/** What is remembered of a decision. */
export interface CachedDecision {
  sampled: boolean;
  /** The policy it is attributed to, as the caller numbers them: 31 bits. */
  policy: number;
  /** The threshold of 56 bits in two halves of 28, or what stands for one that is not known. */
  thresholdHi: number;
  thresholdLo: number;
  /** When it was made, in the caller's unit: 32 bits. */
  decidedAt: number;
}

/**
 * Remembers the decisions about traces that have left the window, so that late spans follow the first one. Holds at least
 * the last `capacity` entries touched and at most twice as many, in two generations:
 *
 * ```
 *  young ◄── put, and every old entry that is found again      young full: old is forgotten, young becomes old
 *  old
 * ```
 *
 * An entry takes 32 bytes and its place in an index, some 16 more.
 */
export class DecisionCache {
  readonly #capacity: number;
  #young = new TraceRecords(WORDS);
  #old = new TraceRecords(WORDS);

  /** `capacity` 0 remembers nothing. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get memoryBytes(): number {
    return this.#young.memoryBytes + this.#old.memoryBytes;
  }

  /** Copies what is remembered of a trace into `out`; false when nothing is. */
  get(id: TraceId, out: CachedDecision): boolean {
    if (read(this.#young, id, out)) return true;
    if (!read(this.#old, id, out)) return false;
    this.put(id, out);
    return true;
  }

  put(id: TraceId, decision: Readonly<CachedDecision>): void {
    if (this.#capacity === 0) return;
    let record = this.#young.find(id);
    if (record === NONE) {
      if (this.#young.size >= this.#capacity) {
        this.#old = this.#young;
        this.#young = new TraceRecords(WORDS);
      }
      record = this.#young.add(id);
    }
    const young = this.#young;
    young.setWord(record, META, (decision.policy << 1) | (decision.sampled ? 1 : 0));
    young.setWord(record, THRESHOLD_HI, decision.thresholdHi);
    young.setWord(record, THRESHOLD_LO, decision.thresholdLo);
    young.setWord(record, DECIDED_AT, decision.decidedAt);
  }
}

function read(generation: TraceRecords, id: TraceId, out: CachedDecision): boolean {
  const record = generation.find(id);
  if (record === NONE) return false;
  const meta = generation.word(record, META);
  out.sampled = (meta & 1) !== 0;
  out.policy = meta >>> 1;
  out.thresholdHi = generation.word(record, THRESHOLD_HI);
  out.thresholdLo = generation.word(record, THRESHOLD_LO);
  out.decidedAt = generation.word(record, DECIDED_AT);
  return true;
}
