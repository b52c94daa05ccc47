import { NONE } from './arena.ts';
import { type CachedDecision, DecisionLog, MAX_ENTRIES } from './decision-log.ts';
import type { TraceId } from './trace-id.ts';
import { TraceIndex } from './trace-index.ts';

/** How many decisions of each kind are remembered at least; 0 for none. */
export interface DecisionCapacity {
  readonly sampled: number;
  readonly notSampled: number;
}

/**
 * Remembers the decisions about traces that have left the window, so that late spans follow the first one: of each kind at
 * least those touched last, as many as its capacity says, and at most twice as many. One index finds both kinds, since a
 * new trace is looked for in both; in it, the number of a decision that was not to sample stands MAX_ENTRIES higher.
 *
 * An entry takes 32 bytes and its place in the index, some 22 more while that grows, and 33 when a
 * third to two thirds of it are alive, as in a full cache.
 */
export class DecisionCache {
  readonly #sampled: DecisionLog;
  readonly #notSampled: DecisionLog;
  readonly #index: TraceIndex;

  constructor({ sampled, notSampled }: DecisionCapacity) {
    this.#sampled = new DecisionLog(sampled);
    this.#notSampled = new DecisionLog(notSampled);
    this.#index = new TraceIndex(this);
  }

  /** How many of a kind are remembered. */
  size(sampled: boolean): number {
    return this.#log(sampled).size;
  }

  /** Bytes of a kind, and its part of the index. */
  memoryBytes(sampled: boolean): number {
    const all = this.#sampled.size + this.#notSampled.size;
    const part = all === 0 ? 1 / 2 : this.size(sampled) / all;
    return this.#log(sampled).memoryBytes + part * this.#index.memoryBytes;
  }

  /** Copies what is remembered of a trace into `out`; false when nothing is. */
  get(id: TraceId, out: CachedDecision): boolean {
    const found = this.#index.find(id);
    if (found === NONE) return false;
    out.sampled = isSampled(found);
    const log = this.#log(out.sampled);
    log.read(numberOf(found), out);
    if (log.age(numberOf(found)) > log.capacity) this.#index.replace(id.hash, found, this.#append(id, out));
    return true;
  }

  put(id: TraceId, decision: Readonly<CachedDecision>): void {
    const log = this.#log(decision.sampled);
    if (log.capacity === 0) return;
    const found = this.#index.find(id);
    if (found === NONE) {
      this.#index.add(id.hash, this.#append(id, decision));
    } else if (isSampled(found) === decision.sampled && log.age(numberOf(found)) <= log.capacity) {
      log.write(numberOf(found), decision);
    } else {
      this.#index.replace(id.hash, found, this.#append(id, decision));
    }
  }

  /** As of an index. */
  lookAhead(hash: number): number {
    return this.#index.lookAhead(hash);
  }

  /** For the index. */
  isOf(entry: number, id: TraceId): boolean {
    const log = this.#log(isSampled(entry));
    return log.has(numberOf(entry)) && log.isOf(numberOf(entry), id);
  }

  /** For the index. */
  isAlive(entry: number): boolean {
    return this.#log(isSampled(entry)).has(numberOf(entry));
  }

  #append(id: TraceId, decision: Readonly<CachedDecision>): number {
    return this.#log(decision.sampled).append(id, decision) + (decision.sampled ? 0 : MAX_ENTRIES);
  }

  #log(sampled: boolean): DecisionLog {
    return sampled ? this.#sampled : this.#notSampled;
  }
}

function isSampled(entry: number): boolean {
  return entry < MAX_ENTRIES;
}

function numberOf(entry: number): number {
  return entry < MAX_ENTRIES ? entry : entry - MAX_ENTRIES;
}
