import type { ComponentSettings } from '../../component/factory.ts';
import { Throttle } from '../../internal/throttle.ts';
import { observeAdaptive } from './adaptive-metrics.ts';
import type { TailSamplingConfig } from './config.ts';
import { DecisionMetrics } from './decision-metrics.ts';
import type { Outbound } from './outbound.ts';
import { NO_POLICY, PolicySet, type TraceOutcome } from './policy/policy-set.ts';
import { NOT_SAMPLED, type Decision, type Threshold } from './policy/policy.ts';
import type { TraceBatch } from './policy/trace.ts';
import type { ProcessorMetrics } from './processor-metrics.ts';
import { Shadow } from './shadow.ts';
import { SpanStamps } from './span-stamps.ts';
import { DecisionCache } from './window/decision-cache.ts';
import type { CachedDecision } from './window/decision-log.ts';
import { Splicer } from './window/splicer.ts';
import type { TraceId } from './window/trace-id.ts';
import { DECIDED_BEFORE, TOO_LARGE, WITH_TRACE_STATE } from './window/trace-table.ts';
import type { Trigger } from './window/trigger.ts';
import type { Window } from './window/window.ts';
import { WindowedTraces } from './windowed-traces.ts';

/** A policy that fails does so for every trace of its kind: one line in this time. */
const LOG_INTERVAL_MS = 10_000;

/** Remembered times are kept in 32 bits. */
const TIME_UNIT_MS = 100;

/** Stands in both halves of a remembered threshold where the probability is not known. */
const UNKNOWN = -1;

/** For a trace of which no piece was enough. */
const KEPT_BY_NOBODY: Readonly<TraceOutcome> = { outcomes: [], decision: NOT_SAMPLED, decidedBy: NO_POLICY };

/** What was decided about a trace that has left the window. */
export type EarlierDecision = 'sampled' | 'not_sampled' | undefined;

/**
 * Makes the decisions: asks the policies, remembers what they said, hands a kept trace to the way out and takes every
 * decided one out of the window.
 */
export class Decider {
  /** Whether all that policies have to say is said when spans come in. */
  readonly #judgesPieces: boolean;
  readonly #policies: PolicySet;
  readonly #shadow: Shadow | undefined;
  readonly #window: Window;
  readonly #outbound: Outbound;
  readonly #splicer: Splicer;
  readonly #traces: WindowedTraces;
  readonly #metrics: ProcessorMetrics;
  readonly #decisionMetrics: DecisionMetrics;
  readonly #decisions: DecisionCache;
  /** The entry last read from a cache, or to be written. */
  readonly #cached: CachedDecision = { sampled: false, policy: 0, thresholdHi: 0, thresholdLo: 0, decidedAt: 0 };
  readonly #stamps: SpanStamps;
  /** The trace that is being decided. */
  readonly #id: TraceId;
  readonly #asked: number[] = [];
  /** Of no meaning: what is only looked at has to go somewhere, or the look is left out. */
  readonly #sink = new Int32Array(1);
  readonly #askedTriggers: Trigger[] = [];

  constructor(config: TailSamplingConfig, settings: ComponentSettings, window: Window, outbound: Outbound, metrics: ProcessorMetrics) {
    const failures = new Throttle(settings.clock, LOG_INTERVAL_MS);
    const warnings = new Throttle(settings.clock, LOG_INTERVAL_MS);
    this.#policies = new PolicySet(
      config.policies,
      config.sample_on_first_match,
      ({ name }, error) => {
        const count = failures.admit();
        if (count > 0) settings.logger.warn({ policy: name, error: String(error), count }, 'a policy failed and was passed over');
      },
      (policy, what) => {
        const count = warnings.admit();
        if (count > 0) settings.logger.warn({ policy, count }, what);
      },
    );
    if (config.shadow_policies.length > 0) this.#shadow = new Shadow(config.shadow_policies, config.sample_on_first_match, settings);
    this.#stamps = new SpanStamps(config.record, this.#policies.policies.map(({ name }) => name));
    this.#window = window;
    this.#id = window.newId();
    this.#outbound = outbound;
    this.#splicer = new Splicer(window);
    this.#traces = new WindowedTraces(window, this.#splicer);
    this.#metrics = metrics;
    this.#decisionMetrics = new DecisionMetrics(settings.meter, settings.id, this.#policies.policies, settings.clock);
    observeAdaptive(this.#policies.adaptive, settings);
    this.#judgesPieces = config.sampling_strategy === 'span-ingest';
    const { sampled_cache_size: sampled, non_sampled_cache_size: notSampled } = config.decision_cache;
    // Under span-ingest most spans of a trace come after its decision: it has to be remembered.
    const least = this.#judgesPieces ? config.num_traces : 0;
    this.#decisions = new DecisionCache({
      sampled: Math.max(least, sampled ?? config.num_traces),
      notSampled: Math.max(least, notSampled ?? 4 * config.num_traces),
    });
  }

  /** Whether it matters which traces are decided together. */
  get dividesBudgets(): boolean {
    return this.#policies.dividesBudgets;
  }

  get decisions(): DecisionCache {
    return this.#decisions;
  }

  /** What was decided about this trace before, if that is remembered. */
  earlierDecision(id: TraceId): EarlierDecision {
    if (!this.#decisions.get(id, this.#cached)) return undefined;
    return this.#cached.sampled ? 'sampled' : 'not_sampled';
  }

  /** Decides the trace in one slot, which is free afterwards. */
  decide(slot: number, trigger: Trigger, nowMs: number): void {
    this.decideAll([slot], [trigger], nowMs);
  }

  /** Decides the traces in several slots together; all are free afterwards. */
  decideAll(slots: readonly number[], triggers: readonly Trigger[], nowMs: number): void {
    this.#asked.length = 0;
    this.#askedTriggers.length = 0;
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index]!;
      const flags = this.#window.traces.flags(slot);
      if ((flags & DECIDED_BEFORE) !== 0) {
        this.#forwardLate(slot, nowMs);
      } else if ((flags & TOO_LARGE) !== 0) {
        this.drop(slot, 'too_large', nowMs);
      } else {
        this.#asked.push(slot);
        this.#askedTriggers.push(triggers[index]!);
      }
    }
    if (this.#asked.length === 0) return;
    for (const slot of this.#asked) this.lookAhead(this.#window.traces.hash(slot));
    this.#traces.begin(this.#asked, nowMs);
    const outcomes = this.#judgesPieces ? undefined : this.ask(this.#traces);
    for (let index = 0; index < this.#asked.length; index++) {
      this.settle(this.#asked[index]!, outcomes?.[index] ?? KEPT_BY_NOBODY, this.#askedTriggers[index]!, nowMs);
    }
  }

  /**
   * Looks where searches for a hash begin, in the window and among decisions. Where both are large, each place is one that no
   * cache holds; looked at in a loop that does nothing else, many are fetched at a time.
   */
  lookAhead(hash: number): void {
    this.#sink[0]! ^= this.#window.traces.lookAhead(hash) ^ this.#decisions.lookAhead(hash);
  }

  /** What the policies say of each trace of a batch; valid until the next batch. */
  ask(batch: TraceBatch): readonly Readonly<TraceOutcome>[] {
    const outcomes = this.#policies.decide(batch, this.#decisionMetrics.stopwatch());
    this.#shadow?.observe(batch);
    return outcomes;
  }

  /** Counts what policies said of a part of a trace where that decides nothing. */
  recordOpinions(outcome: Readonly<TraceOutcome>, spanCount: number): void {
    this.#decisionMetrics.recordOpinions(outcome, spanCount);
  }

  /** Does to the trace in a slot, which is free afterwards, as was decided. */
  settle(slot: number, outcome: Readonly<TraceOutcome>, trigger: Trigger, nowMs: number): void {
    const spanCount = this.#window.traces.spanCount(slot);
    this.#decisionMetrics.record(outcome, trigger, spanCount);
    if (trigger === 'evicted') this.#metrics.addDroppedTooEarly();
    this.#remember(slot, outcome.decision, outcome.decidedBy, nowMs);
    if (outcome.decision.verdict === 'sampled') {
      this.#forward(slot, outcome.decision.threshold, outcome.decidedBy, outcome.decision.subPolicy, trigger);
    } else {
      this.#metrics.addDropped(outcome.decision.verdict, spanCount);
    }
    this.#release(slot, nowMs);
  }

  /** Takes a trace out without asking anybody. */
  drop(slot: number, reason: 'too_large' | 'shutdown', nowMs: number): void {
    const traces = this.#window.traces;
    this.#decisionMetrics.recordUnasked('not_sampled', reason);
    this.#metrics.addDropped(reason, traces.spanCount(slot));
    if (reason === 'too_large') this.#metrics.addTooLarge();
    this.#remember(slot, NOT_SAMPLED, NO_POLICY, nowMs);
    this.#release(slot, nowMs);
  }

  /** Late spans of a trace that was not kept; its id is the one `earlierDecision` was asked for last. */
  dropLate(spanCount: number, nowMs: number): void {
    this.#metrics.addDropped('late', spanCount);
    this.#metrics.addLate(false, spanCount, nowMs - this.#cached.decidedAt * TIME_UNIT_MS);
  }

  /** Late spans of a kept trace follow it, with the same threshold. */
  #forwardLate(slot: number, nowMs: number): void {
    const traces = this.#window.traces;
    const spanCount = traces.spanCount(slot);
    traces.readId(slot, this.#id);
    if (this.#decisions.get(this.#id, this.#cached) && this.#cached.sampled) {
      const policy = this.#cached.policy - 1;
      this.#decisionMetrics.addLate(policy, spanCount);
      this.#metrics.addLate(true, spanCount, nowMs - this.#cached.decidedAt * TIME_UNIT_MS);
      this.#forward(slot, thresholdIn(this.#cached), policy, undefined, 'late');
    } else {
      this.#forward(slot, undefined, NO_POLICY, undefined, 'late');
    }
    this.#window.releasePiece(slot);
  }

  #forward(slot: number, threshold: Threshold, policy: number, subPolicy: string | undefined, trigger: Trigger): void {
    const traces = this.#window.traces;
    const stamp = this.#stamps.stampOf(threshold, policy, subPolicy, trigger);
    const isPlain = stamp.changesNothing || (stamp.isEmpty && (traces.flags(slot) & WITH_TRACE_STATE) === 0);
    const size = this.#splicer.measure(slot, isPlain ? undefined : stamp);
    const { bytes, at } = this.#outbound.reserve(size);
    this.#splicer.write(slot, bytes, at);
    this.#outbound.commit(size, traces.spanCount(slot));
    this.#decisionMetrics.addKeptBytes(policy, size);
  }

  #release(slot: number, nowMs: number): void {
    this.#metrics.traceRemoved(nowMs - this.#window.traces.firstSeen(slot));
    this.#window.release(slot);
  }

  #remember(slot: number, decision: Decision, policy: number, nowMs: number): void {
    const entry = this.#cached;
    entry.sampled = decision.verdict === 'sampled';
    entry.policy = policy + 1;
    entry.decidedAt = nowMs / TIME_UNIT_MS;
    const threshold = entry.sampled ? decision.threshold : undefined;
    entry.thresholdHi = threshold?.hi ?? UNKNOWN;
    entry.thresholdLo = threshold?.lo ?? UNKNOWN;
    this.#window.traces.readId(slot, this.#id);
    this.#decisions.put(this.#id, entry);
  }
}

function thresholdIn({ thresholdHi, thresholdLo }: Readonly<CachedDecision>): Threshold {
  return thresholdHi === UNKNOWN ? undefined : { hi: thresholdHi, lo: thresholdLo };
}
