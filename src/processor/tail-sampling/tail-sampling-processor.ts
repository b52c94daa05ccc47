import type { Component, Deadline } from '../../component/component.ts';
import type { ComponentSettings } from '../../component/factory.ts';
import type { OwnSpan } from '../../component/tracer.ts';
import { ConsumeError, toConsumeError } from '../../consumer/consume-error.ts';
import type { Consumer } from '../../consumer/consumer.ts';
import type { TimerHandle } from '../../internal/clock.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import { scanTraces } from '../../pdata/otlp/scan-traces.ts';
import { SpanScan } from '../../pdata/otlp/span-scan.ts';
import { WireError } from '../../pdata/wire/wire-error.ts';
import { Admission } from './admission.ts';
import { Arrivals } from './arrivals.ts';
import type { TailSamplingConfig } from './config.ts';
import { Decider } from './decider.ts';
import { DueTraces } from './due-traces.ts';
import { Outbound } from './outbound.ts';
import { ProcessorMetrics } from './processor-metrics.ts';
import { SpanIngest } from './span-ingest.ts';
import { DecisionClock, TICK_MS } from './window/decision-clock.ts';
import { randomHashKey } from './window/trace-id.ts';
import type { Trigger } from './window/trigger.ts';
import { Window } from './window/window.ts';

/** Decisions are made in slices of this length; between them, what has arrived is taken in. */
const SLICE_MS = 3;
/** How many traces are decided together, between two looks at the clock; more where they divide a budget. */
const BATCH_SIZE = 32;
const BUDGET_BATCH_SIZE = 512;
/** So many ticks are decided together where traces divide a budget. */
const BUDGET_TICKS = 5;
const BUDGET_EVICTIONS = 32;

/** While decisions are behind, so many spans are decided for each one that comes in: senders then wait, the window does not grow. */
const DECIDED_PER_TAKEN = 2;

/** What may wait for the next component before decisions are held back: a quarter of the window's size, within these. */
const MIN_WAITING_BYTES = 1 << 20;
const MAX_WAITING_BYTES = 16 << 20;

/** Free memory is given back in steps of this time. */
const TRIM_MS = 1000;

/** When the window has become empty and has let go of so much, garbage is collected: an idle process would not do it. */
const COLLECT_BYTES = 64 << 20;

export interface MemorySettings {
  /** Bytes of span data held at most. */
  readonly maxBytes: number;
  /** Gives memory that nobody needs back to the system. */
  readonly collectGarbage: () => void;
}

/**
 * Where the spans of a trace wait for each other until it is decided.
 *
 * ```
 *  consume ─► scan ─► window ── ready: complete | root + grace | idle | too large | evicted | late ──► decider ─┬─► outbound ─► next
 *     ▲                  │                                                                                   └─► dropped
 *     └── overloaded ◄───┴── full and decisions are held back, because outbound is full
 * ```
 *
 * One owner of all this state, and no `await` between reading and writing it.
 */
export class TailSamplingProcessor implements Component, Consumer {
  readonly #config: TailSamplingConfig;
  readonly #settings: ComponentSettings;
  readonly #memory: MemorySettings;
  readonly #window: Window;
  readonly #outbound: Outbound;
  readonly #decider: Decider;
  readonly #admission: Admission;
  readonly #arrivals: Arrivals;
  readonly #metrics: ProcessorMetrics;
  /** Where traces are not judged whole, but piece by piece. */
  readonly #spanIngest: SpanIngest | undefined;
  readonly #ownScan = new SpanScan();
  readonly #batchSize: number;
  readonly #tickMs: number;
  readonly #due: DueTraces;
  /** What the window has given back since garbage was collected for it. */
  #letGoBytes = 0;
  /** Spans to be decided before more are taken in; below 0 when more than asked for have been. */
  #owedSpans = 0;
  #tickTimer: TimerHandle | undefined;
  #trimTimer: TimerHandle | undefined;
  #isStopping = false;

  constructor(config: TailSamplingConfig, settings: ComponentSettings, next: Consumer, memory: MemorySettings) {
    const { maxBytes } = memory;
    this.#memory = memory;
    this.#config = config;
    this.#settings = settings;
    this.#window = new Window({ maxTraces: config.num_traces, maxSpans: config.window.max_spans, maxBytes }, randomHashKey(settings.random));
    this.#metrics = new ProcessorMetrics(settings, maxBytes);
    this.#outbound = new Outbound(next, settings.clock, this.#metrics, Math.min(MAX_WAITING_BYTES, Math.max(MIN_WAITING_BYTES, maxBytes / 4)));
    this.#decider = new Decider(config, settings, this.#window, this.#outbound, this.#metrics);
    this.#batchSize = this.#decider.dividesBudgets ? BUDGET_BATCH_SIZE : BATCH_SIZE;
    this.#tickMs = this.#decider.dividesBudgets ? BUDGET_TICKS * TICK_MS : TICK_MS;
    const clock = new DecisionClock(settings.clock.monotonic());
    this.#due = new DueTraces(this.#window, clock, this.#metrics, this.#batchSize, config.decision_wait_after_idle);
    this.#arrivals = new Arrivals(config, this.#window, clock, this.#decider, this.#metrics, () => this.#evict());
    if (config.sampling_strategy === 'span-ingest') {
      this.#spanIngest = new SpanIngest(config, this.#window, this.#decider, this.#arrivals, this.#metrics);
    }
    this.#admission = new Admission(this.#window, this.#outbound, this.#decider, this.#metrics, {
      blockOnOverflow: config.block_on_overflow,
      decidesAtOnce: this.#spanIngest !== undefined,
      evict: () => this.#evict(),
    });
    this.#metrics.observe(this.#window, this.#outbound, this.#decider);
  }

  start(): Promise<void> {
    this.#scheduleTick(this.#tickMs);
    this.#scheduleTrim();
    return Promise.resolve();
  }

  consume(request: ExportRequest): Promise<void> {
    try {
      this.#consume(request);
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error instanceof WireError ? new ConsumeError('malformed', error.message, { cause: error }) : toConsumeError(error));
    }
  }

  /** Decides what waits, or drops it where the configuration says so, and hands on what is kept until the deadline. */
  async shutdown(deadline: Deadline): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    const { clock } = this.#settings;
    if (this.#tickTimer !== undefined) clock.clearTimer(this.#tickTimer);
    if (this.#trimTimer !== undefined) clock.clearTimer(this.#trimTimer);
    const { traces } = this.#window;
    while (traces.size > 0) {
      const slots = traces.leastRecent(this.#batchSize);
      if (this.#config.drop_pending_traces_on_shutdown) for (const slot of slots) this.#decider.drop(slot, 'shutdown', clock.monotonic());
      else this.#decideEarly(slots, 'shutdown');
    }
    await this.#outbound.drain(deadline);
    this.#metrics.abandoned(this.#outbound.abandon());
  }

  #consume(request: ExportRequest): void {
    if (this.#isStopping) throw new ConsumeError('unavailable', 'tail_sampling is stopping');
    const scan = request.scan ?? this.#ownScan;
    if (request.scan === undefined) scanTraces(request.bytes, scan);
    if (scan.spanCount === 0) return;
    this.#admission.admit(request.bytes, scan);
    this.#take(request.bytes, scan);
    const nowMs = this.#settings.clock.monotonic();
    if (this.#arrivals.decideReady(nowMs)) this.#outbound.flush();
    this.#keepPace(scan.spanCount, nowMs);
    this.#metrics.addReceived(scan.spanCount);
  }

  /** Decides the least recently touched trace early; where traces divide a budget a few, since one has nobody to divide with. */
  #evict(): void {
    const { traces } = this.#window;
    if (traces.size === 0) throw new Error('the window is full of nothing');
    this.#window.flush();
    const together = this.#decider.dividesBudgets ? Math.min(BUDGET_EVICTIONS, Math.ceil(traces.size / 10)) : 1;
    this.#decideEarly(traces.leastRecent(together), 'evicted');
  }

  #decideEarly(slots: readonly number[], trigger: Trigger): void {
    const triggers = slots.map(() => trigger);
    this.#decider.decideAll(slots, triggers, this.#settings.clock.monotonic());
  }

  #take(bytes: Uint8Array, scan: SpanScan): void {
    const window = this.#window;
    const nowMs = this.#settings.clock.monotonic();
    window.beginRequest(bytes, scan);
    (this.#spanIngest ?? this.#arrivals).take(bytes, scan, nowMs);
    window.endRequest();
  }

  #scheduleTick(delayMs: number): void {
    this.#tickTimer = this.#settings.clock.setTimer(() => this.#tick(), delayMs);
  }

  #scheduleTrim(): void {
    this.#trimTimer = this.#settings.clock.setTimer(() => {
      this.#trim();
      this.#scheduleTrim();
    }, TRIM_MS);
  }

  #trim(): void {
    const { arena, spans } = this.#window;
    const before = arena.allocatedBytes;
    arena.trim();
    this.#letGoBytes += before - arena.allocatedBytes;
    if (spans.count > 0 || arena.allocatedBytes > 0 || this.#letGoBytes < COLLECT_BYTES) return;
    this.#letGoBytes = 0;
    this.#memory.collectGarbage();
  }

  /** Decides some of what is due when `taken` spans have come in and that is far behind, as when senders never pause. */
  #keepPace(taken: number, nowMs: number): void {
    if (!this.#due.isBehind(nowMs)) {
      this.#owedSpans = 0;
      return;
    }
    const { spans } = this.#window;
    const goal = spans.count - this.#owedSpans - DECIDED_PER_TAKEN * taken;
    this.#decideDue(this.#settings.clock.monotonic(), () => spans.count <= goal);
    this.#owedSpans = spans.count - goal;
  }

  /** Decides what is due, one slice of it; comes back at once when more is, else with the next tick. */
  #tick(): void {
    const startMs = this.#settings.clock.monotonic();
    const more = this.#decideDue(startMs, (nowMs) => nowMs - startMs >= SLICE_MS);
    const nowMs = this.#settings.clock.monotonic();
    this.#scheduleTick(more && !this.#outbound.isFull ? 0 : this.#tickMs - (nowMs % this.#tickMs));
  }

  /** Decides what is due until that is enough, while the way out takes it; true when there may be more. */
  #decideDue(startMs: number, isEnough: (nowMs: number) => boolean): boolean {
    let nowMs = startMs;
    let decisions = 0;
    let more = true;
    let span: OwnSpan | undefined;
    while (more && !isEnough(nowMs) && !this.#outbound.isFull) {
      more = this.#due.collect(nowMs);
      const { slots, triggers } = this.#due;
      if (decisions === 0 && slots.length > 0) span = this.#settings.tracer.startSpan('decide traces', 'internal');
      this.#decider.decideAll(slots, triggers, nowMs);
      decisions += slots.length;
      nowMs = this.#settings.clock.monotonic();
    }
    this.#outbound.flushNowAndThen();
    span?.setAttribute('traces', decisions);
    span?.end();
    if (decisions > 0) this.#metrics.decisionSlice(nowMs - startMs);
    return more;
  }
}
