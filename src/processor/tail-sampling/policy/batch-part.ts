import type { Policy } from './policy.ts';
import type { Trace, TraceBatch } from './trace.ts';

/** Some of a batch, by their indexes in it. */
export class BatchPart implements TraceBatch {
  readonly #batch: TraceBatch;
  readonly #indexes: readonly number[];

  constructor(batch: TraceBatch, indexes: readonly number[]) {
    this.#batch = batch;
    this.#indexes = indexes;
  }

  get size(): number {
    return this.#indexes.length;
  }

  get nowMs(): number {
    return this.#batch.nowMs;
  }

  trace(index: number): Trace {
    return this.#batch.trace(this.#indexes[index]!);
  }

  /** The traces for which `isWanted` says so. */
  static of(batch: TraceBatch, isWanted: (trace: Trace, index: number) => boolean): BatchPart {
    const indexes: number[] = [];
    for (let index = 0; index < batch.size; index++) if (isWanted(batch.trace(index), index)) indexes.push(index);
    return new BatchPart(batch, indexes);
  }
}

/**
 * Whether a policy keeps a trace, for dividing a budget. One that fails does not; it fails again when the trace is
 * evaluated, and is counted there.
 */
export function isKeptBy(policy: Policy, trace: Trace): boolean {
  try {
    return policy.evaluate(trace).verdict === 'sampled';
  } catch {
    return false;
  }
}
