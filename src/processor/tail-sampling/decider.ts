import type { ComponentSettings } from '../../component/factory.ts';
import { Throttle } from '../../internal/throttle.ts';
import type { TailSamplingConfig } from './config.ts';
import { DecisionMetrics } from './decision-metrics.ts';
import type { Outbound } from './outbound.ts';
import { NO_POLICY, PolicySet } from './policy/policy-set.ts';
import { NOT_SAMPLED, type Decision } from './policy/policy.ts';
import { splitThreshold } from './policy/threshold.ts';
import type { ProcessorMetrics } from './processor-metrics.ts';
import { type CachedDecision, DecisionCache } from './window/decision-cache.ts';
import { Splicer } from './window/splicer.ts';
import { DECIDED_BEFORE, TOO_LARGE, type Trigger } from './window/trace-table.ts';
import type { Window } from './window/window.ts';
import { WindowedTrace } from './windowed-trace.ts';

/** A policy that fails does so for every trace of its kind: one line in this time. */
const LOG_INTERVAL_MS = 10_000;

/** Lengths of groups around spans are known only when the trace is put together; no more than this a span. */
const MAX_GROUP_OVERHEAD = 12;

/** Remembered times are kept in 32 bits. */
const TIME_UNIT_MS = 100;

/** What was decided about a trace that has left the window. */
export type EarlierDecision = 'sampled' | 'not_sampled' | undefined;

/**
 * Makes the decisions: asks the policies, remembers what they said, hands a kept trace to the way out and takes every
 * decided one out of the window.
 */
export class Decider {
  readonly policies: PolicySet;
  readonly #window: Window;
  readonly #outbound: Outbound;
  readonly #splicer: Splicer;
  readonly #trace: WindowedTrace;
  readonly #metrics: ProcessorMetrics;
  readonly #decisionMetrics: DecisionMetrics;
  readonly #sampled: DecisionCache;
  readonly #notSampled: DecisionCache;
  /** The entry last read from a cache, or to be written. */
  readonly #cached: CachedDecision = { sampled: false, policy: 0, thresholdHi: 0, thresholdLo: 0, decidedAt: 0 };

  constructor(config: TailSamplingConfig, settings: ComponentSettings, window: Window, outbound: Outbound, metrics: ProcessorMetrics) {
    const failures = new Throttle(settings.clock, LOG_INTERVAL_MS);
    this.policies = new PolicySet(config.policies, config.sample_on_first_match, ({ name }, error) => {
      const count = failures.admit();
      if (count > 0) settings.logger.warn({ policy: name, error: String(error), count }, 'a policy failed and was passed over');
    });
    this.#window = window;
    this.#outbound = outbound;
    this.#splicer = new Splicer(window);
    this.#trace = new WindowedTrace(window, this.#splicer);
    this.#metrics = metrics;
    this.#decisionMetrics = new DecisionMetrics(settings.meter, settings.id, this.policies.policies, settings.clock);
    const { sampled_cache_size: sampled, non_sampled_cache_size: notSampled } = config.decision_cache;
    const seed = Math.floor(settings.random() * 2 ** 32);
    this.#sampled = new DecisionCache(sampled ?? config.num_traces, seed);
    this.#notSampled = new DecisionCache(notSampled ?? 4 * config.num_traces, seed);
  }

  cache(sampled: boolean): { readonly size: number; readonly memoryBytes: number } {
    return sampled ? this.#sampled : this.#notSampled;
  }

  /** What was decided about this trace before, if that is remembered. */
  earlierDecision(id: string): EarlierDecision {
    if (this.#notSampled.get(id, this.#cached)) return 'not_sampled';
    return this.#sampled.get(id, this.#cached) ? 'sampled' : undefined;
  }

  /** Whether a trace has more bytes than `max`, measured only when that is close. */
  isLargerThan(slot: number, max: number): boolean {
    const traces = this.#window.traces;
    const spanBytes = traces.spanBytes[slot]!;
    if (spanBytes > max) return true;
    const envelopes = this.#window.envelopes;
    const last = this.#window.spans.scope[traces.lastSpan[slot]!]!;
    const around = envelopes.size[last]! + envelopes.size[envelopes.outer[last]!]! + MAX_GROUP_OVERHEAD;
    return spanBytes + around * traces.spanCount[slot]! > max && this.#splicer.measure(slot) > max;
  }

  /** Decides the trace in a slot, which is free afterwards. */
  decide(slot: number, trigger: Trigger, nowMs: number): void {
    const flags = this.#window.traces.flags[slot]!;
    if ((flags & DECIDED_BEFORE) !== 0) return this.#forwardLate(slot, nowMs);
    if ((flags & TOO_LARGE) !== 0) return this.drop(slot, 'too_large', nowMs);
    this.#trace.pointAt(slot, nowMs);
    const decision = this.#decisionMetrics.measured(this.policies, this.#trace);
    const spanCount = this.#trace.spanCount;
    this.#decisionMetrics.record(this.policies, decision, trigger, spanCount);
    if (trigger === 'evicted') this.#metrics.addDroppedTooEarly();
    this.#remember(this.#trace.id, decision, this.policies.decidedBy, nowMs);
    if (decision.verdict === 'sampled') this.#forward(slot);
    else this.#metrics.addDropped(decision.verdict, spanCount);
    this.#release(slot, nowMs);
  }

  /** Takes a trace out without asking anybody. */
  drop(slot: number, reason: 'too_large' | 'shutdown', nowMs: number): void {
    const traces = this.#window.traces;
    this.#decisionMetrics.recordUnasked('not_sampled', reason);
    this.#metrics.addDropped(reason, traces.spanCount[slot]!);
    if (reason === 'too_large') this.#metrics.addTooLarge();
    this.#remember(traces.ids[slot]!, NOT_SAMPLED, NO_POLICY, nowMs);
    this.#release(slot, nowMs);
  }

  /** A late span of a trace that was not kept; its id is the one `earlierDecision` was asked for last. */
  dropLate(nowMs: number): void {
    this.#metrics.addDropped('late', 1);
    this.#metrics.addLate(false, 1, nowMs - this.#cached.decidedAt * TIME_UNIT_MS);
  }

  /** Late spans of a kept trace follow it. */
  #forwardLate(slot: number, nowMs: number): void {
    const traces = this.#window.traces;
    const spanCount = traces.spanCount[slot]!;
    if (this.#sampled.get(traces.ids[slot]!, this.#cached)) {
      this.#decisionMetrics.addLate(this.#cached.policy - 1, spanCount);
      this.#metrics.addLate(true, spanCount, nowMs - this.#cached.decidedAt * TIME_UNIT_MS);
    }
    this.#forward(slot);
    this.#window.release(slot);
  }

  #forward(slot: number): void {
    const size = this.#splicer.measure(slot);
    const { bytes, at } = this.#outbound.reserve(size);
    this.#splicer.write(slot, bytes, at);
    this.#outbound.commit(size, this.#window.traces.spanCount[slot]!);
  }

  #release(slot: number, nowMs: number): void {
    this.#metrics.traceRemoved(nowMs - this.#window.traces.firstSeen[slot]!);
    this.#window.release(slot);
  }

  #remember(id: string, decision: Decision, policy: number, nowMs: number): void {
    const entry = this.#cached;
    entry.sampled = decision.verdict === 'sampled';
    entry.policy = policy + 1;
    entry.decidedAt = nowMs / TIME_UNIT_MS;
    splitThreshold(decision.threshold, entry);
    (entry.sampled ? this.#sampled : this.#notSampled).put(id, entry);
  }
}

