import { type Bits56, compare } from '../bits56.ts';
import { KEEP_ALL } from '../policy.ts';
import { thresholdOf } from '../threshold.ts';
import { SpanRate } from './span-rate.ts';

/** The kind that the rest shares when there are as many as there may be; in metrics, all but the largest together. */
export const OTHER = '_other';

/** A load that is this much above its mean of late is a spike. */
const SPIKE = 1.5;

/** One kind of traffic: what came, what was kept, and the rate at which it is kept now. */
export class Kind {
  readonly name: string;
  /** Spans that came, and those that were kept. */
  readonly came = new SpanRate();
  readonly kept = new SpanRate();
  #rate: number;
  #threshold: Bits56;
  #cut = KEEP_ALL;
  #cutInTick = -1;

  constructor(name: string, rate: number) {
    this.name = name;
    this.#rate = rate;
    this.#threshold = thresholdOf(rate);
  }

  /** The probability with which its traces are kept, where nothing holds back more. */
  get rate(): number {
    return this.#rate;
  }

  set rate(rate: number) {
    this.#rate = rate;
    this.#threshold = thresholdOf(rate);
  }

  /** Spans a second: the mean, or what came of late where that is a spike, which is believed at once. */
  load(atMs: number): number {
    const mean = this.came.mean(atMs);
    const recent = this.came.recent(atMs);
    return recent > SPIKE * mean ? recent : mean;
  }

  /** What a trace has to pass in a tick. */
  thresholdIn(tick: number): Bits56 {
    return this.#cutInTick === tick && compare(this.#cut, this.#threshold) > 0 ? this.#cut : this.#threshold;
  }

  /** Raises what has to be passed for the rest of a tick. */
  raiseIn(tick: number, threshold: Bits56): void {
    this.#cut = threshold;
    this.#cutInTick = tick;
  }
}
