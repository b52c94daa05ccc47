import { type Bits56, compare } from '../bits56.ts';
import { NOT_SAMPLED, type Decision, type Policy } from '../policy.ts';
import type { Trace, TraceBatch } from '../trace.ts';
import { AdaptiveSampler, type AdaptiveOptions, type KindOfTrace } from './adaptive-sampler.ts';
import type { KindPath } from './kind-path.ts';
import { KindReader } from './kind-reader.ts';

/** Asks an `AdaptiveSampler` about the traces of each batch. */
export class AdaptivePolicy implements Policy {
  readonly sampler: AdaptiveSampler;
  readonly #kinds: KindReader;
  /** Of the batch under way, by the traces' serials: what each has to pass, or why that could not be found out. */
  readonly #thresholds = new Map<number, Bits56>();
  readonly #failures = new Map<number, unknown>();

  constructor(paths: readonly KindPath[], options: AdaptiveOptions) {
    this.sampler = new AdaptiveSampler(options);
    this.#kinds = new KindReader(paths);
  }

  prepare(batch: TraceBatch): void {
    this.#thresholds.clear();
    this.#failures.clear();
    const traces: (KindOfTrace & { readonly serial: number })[] = [];
    for (let index = 0; index < batch.size; index++) {
      const trace = batch.trace(index);
      const { serial, spanCount } = trace;
      const { hi, lo } = trace.randomness;
      try {
        traces.push({ serial, kind: this.#kinds.read(trace), spanCount, randomness: { hi, lo } });
      } catch (error) {
        this.#failures.set(serial, error);
      }
    }
    const thresholds = this.sampler.decide(traces, batch.nowMs);
    traces.forEach(({ serial }, index) => this.#thresholds.set(serial, thresholds[index]!));
  }

  evaluate(trace: Trace): Decision {
    if (this.#failures.has(trace.serial)) throw this.#failures.get(trace.serial);
    const threshold = this.#thresholds.get(trace.serial);
    if (threshold === undefined) throw new Error('the trace is not of the batch that was prepared');
    return compare(trace.randomness, threshold) >= 0 ? { verdict: 'sampled', threshold } : NOT_SAMPLED;
  }
}
