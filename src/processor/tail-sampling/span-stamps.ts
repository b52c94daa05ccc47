import { compare, hexOfBits } from './policy/bits56.ts';
import { KEEP_ALL, keepsAll, type Threshold } from './policy/policy.ts';
import { SpanStamp } from './span-stamp.ts';
import type { Trigger } from './window/trigger.ts';

const MAX_STAMPS = 1000;

/** For what is kept by a rule. */
const NO_STAMP = new SpanStamp(KEEP_ALL, {});

/** What of a decision is written on spans beside its threshold, as the configuration says. */
export interface Recorded {
  readonly policy: boolean;
  readonly trigger: boolean;
}

/** The stamps of decisions, each made once: most kept traces share one. */
export class SpanStamps {
  readonly #recorded: Recorded;
  readonly #policyNames: readonly string[];
  readonly #stamps = new Map<string, SpanStamp>();
  /** The last of those that say nothing but a threshold. */
  #lastThreshold: Threshold = KEEP_ALL;
  #lastStamp = NO_STAMP;

  constructor(recorded: Recorded, policyNames: readonly string[]) {
    this.#recorded = recorded;
    this.#policyNames = policyNames;
  }

  /** The stamp for the spans of a trace kept with a threshold; `policy` is an index into the names, or none. */
  stampOf(threshold: Threshold, policy: number, subPolicy: string | undefined, trigger: Trigger): SpanStamp {
    if (this.#recorded.policy || this.#recorded.trigger) return this.#find(threshold, policy, subPolicy, trigger);
    if (keepsAll(threshold)) return NO_STAMP;
    if (!isSame(threshold, this.#lastThreshold)) {
      this.#lastThreshold = threshold;
      this.#lastStamp = this.#find(threshold, policy, subPolicy, trigger);
    }
    return this.#lastStamp;
  }

  #find(threshold: Threshold, policy: number, subPolicy: string | undefined, trigger: Trigger): SpanStamp {
    const recorded = this.#recorded;
    const key = `${threshold === undefined ? '' : hexOfBits(threshold)} ${recorded.policy ? `${policy} ${subPolicy ?? ''}` : ''} ${recorded.trigger ? trigger : ''}`;
    let stamp = this.#stamps.get(key);
    if (stamp === undefined) {
      const name = this.#policyNames[policy];
      stamp = new SpanStamp(threshold, {
        ...(recorded.policy && name !== undefined ? { 'tailsampling.policy': name } : {}),
        ...(recorded.policy && subPolicy !== undefined ? { 'tailsampling.composite_policy': subPolicy } : {}),
        ...(recorded.trigger ? { 'tailsampling.trigger': trigger } : {}),
      });
      // Budgets have a new threshold each time: there is no use in keeping all.
      if (this.#stamps.size >= MAX_STAMPS) this.#stamps.clear();
      this.#stamps.set(key, stamp);
    }
    return stamp;
  }
}

function isSame(a: Threshold, b: Threshold): boolean {
  return a === b || (a !== undefined && b !== undefined && compare(a, b) === 0);
}
