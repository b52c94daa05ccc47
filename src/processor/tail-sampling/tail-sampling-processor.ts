import type { Component, Deadline } from '../../component/component.ts';
import type { ComponentSettings } from '../../component/factory.ts';
import type { OwnSpan } from '../../component/tracer.ts';
import { ConsumeError, toConsumeError } from '../../consumer/consume-error.ts';
import type { Consumer } from '../../consumer/consumer.ts';
import type { TimerHandle } from '../../internal/clock.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import { scanTraces } from '../../pdata/otlp/scan-traces.ts';
import { HAS_PARENT, SpanScan } from '../../pdata/otlp/span-scan.ts';
import { WireError } from '../../pdata/wire/wire-error.ts';
import { Admission } from './admission.ts';
import type { TailSamplingConfig } from './config.ts';
import { Decider } from './decider.ts';
import { Outbound } from './outbound.ts';
import { ProcessorMetrics } from './processor-metrics.ts';
import { type Arrivals, SpanIngest } from './span-ingest.ts';
import { DecisionClock, TICK_MS } from './window/decision-clock.ts';
import { DECIDED_BEFORE, ROOT_RECEIVED, TOO_LARGE, traceKey, type Trigger } from './window/trace-table.ts';
import { Window } from './window/window.ts';

/** Decisions are made in slices of this length; between them, what has arrived is taken in. */
const SLICE_MS = 5;
/** How many traces are decided together, between two looks at the clock; more where they divide a budget. */
const BATCH_SIZE = 32;
const BUDGET_BATCH_SIZE = 512;
const BUDGET_EVICTIONS = 32;
/** Large traces are decided in smaller batches: so much may go out before it is asked whether more may. */
const MAX_BATCH_BYTES = 4 << 20;

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
  readonly #clock: DecisionClock;
  readonly #outbound: Outbound;
  readonly #decider: Decider;
  readonly #admission: Admission;
  readonly #metrics: ProcessorMetrics;
  /** Where traces are not judged whole, but piece by piece. */
  readonly #spanIngest: SpanIngest | undefined;
  readonly #ownScan = new SpanScan();
  /** A request's spans of which nothing has to wait: late ones of kept traces, those of traces grown too large. */
  readonly #ready: number[] = [];
  /** By trace id, where the late spans of kept traces are that came with the request. */
  readonly #late = new Map<string, number>();
  readonly #batchSize: number;
  /** The batch that is being decided. */
  readonly #due: number[] = [];
  readonly #dueTriggers: Trigger[] = [];
  /** What the window has given back since garbage was collected for it. */
  #letGoBytes = 0;
  #tickTimer: TimerHandle | undefined;
  #trimTimer: TimerHandle | undefined;
  #isStopping = false;

  constructor(config: TailSamplingConfig, settings: ComponentSettings, next: Consumer, memory: MemorySettings) {
    const { maxBytes } = memory;
    this.#memory = memory;
    this.#config = config;
    this.#settings = settings;
    this.#window = new Window({ maxTraces: config.num_traces, maxSpans: config.window.max_spans, maxBytes });
    this.#clock = new DecisionClock(settings.clock.monotonic());
    this.#metrics = new ProcessorMetrics(settings, maxBytes);
    this.#outbound = new Outbound(next, settings.clock, this.#metrics, Math.min(MAX_WAITING_BYTES, Math.max(MIN_WAITING_BYTES, maxBytes / 4)));
    this.#decider = new Decider(config, settings, this.#window, this.#outbound, this.#metrics);
    this.#batchSize = this.#decider.dividesBudgets ? BUDGET_BATCH_SIZE : BATCH_SIZE;
    if (config.sampling_strategy === 'span-ingest') this.#spanIngest = this.#createSpanIngest();
    this.#admission = new Admission(this.#window, this.#outbound, this.#decider, this.#metrics, {
      blockOnOverflow: config.block_on_overflow,
      decidesAtOnce: this.#spanIngest !== undefined,
      evict: () => this.#evict(),
    });
    this.#metrics.observe(this.#window, this.#outbound, this.#decider);
  }

  start(): Promise<void> {
    this.#scheduleTick(TICK_MS);
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
    this.#decideReady();
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
    if (this.#spanIngest === undefined) this.#takeSpans(bytes, scan, nowMs);
    else this.#spanIngest.take(bytes, scan, nowMs);
    window.endRequest();
  }

  #takeSpans(bytes: Uint8Array, scan: SpanScan, nowMs: number): void {
    let slot = -1;
    let lastIdAt = 0;
    for (let row = 0; row < scan.spanCount; row++) {
      const idAt = scan.traceIdAt[row]!;
      if (idAt === 0) {
        this.#metrics.addDropped('invalid', 1);
        continue;
      }
      // Neighbours mostly belong to one trace.
      if (slot < 0 || !sameId(bytes, idAt, lastIdAt)) {
        slot = this.#slotFor(traceKey(bytes, idAt), nowMs);
        lastIdAt = idAt;
      }
      if (slot < 0) {
        this.#decider.dropLate(1, nowMs);
        continue;
      }
      this.#window.addSpan(slot, row);
      this.#joined(slot, (scan.info[row]! & HAS_PARENT) === 0, nowMs);
    }
  }

  #createSpanIngest(): SpanIngest {
    const arrivals: Arrivals = {
      slotFor: (id, nowMs) => this.#slotFor(id, nowMs),
      joined: (slot, withRoot, nowMs) => this.#joined(slot, withRoot, nowMs),
    };
    return new SpanIngest(this.#config, this.#window, this.#decider, arrivals, this.#metrics);
  }

  /** Spans have joined a trace: what that means for when it is decided. */
  #joined(slot: number, withRoot: boolean, nowMs: number): void {
    const { traces } = this.#window;
    traces.lastSeen[slot] = nowMs;
    if ((traces.flags[slot]! & DECIDED_BEFORE) !== 0) return;
    if (withRoot) this.#rootReceived(slot, nowMs);
    this.#checkSize(slot);
  }

  /** The slot of a trace, a new one where it is new; -1 where its late spans are to be dropped. */
  #slotFor(id: string, nowMs: number): number {
    const { traces } = this.#window;
    const known = traces.get(id);
    if (known !== undefined) return known;
    const earlier = this.#decider.earlierDecision(id);
    if (earlier === 'not_sampled') return -1;
    if (earlier === 'sampled') return this.#lateSlotFor(id, nowMs);
    if (traces.isFull) this.#evict();
    const slot = traces.add(id, nowMs);
    this.#metrics.addNewTrace();
    const { decision_wait: wait, decision_wait_after_idle: idle } = this.#config;
    this.#setDeadline(slot, nowMs + wait, 'decision_wait');
    if (idle > 0 && idle < wait) this.#clock.schedule(slot, nowMs + idle);
    return slot;
  }

  /** Where late spans of a kept trace wait for the end of their request; decided traces do not count as traces of the window. */
  #lateSlotFor(id: string, nowMs: number): number {
    const known = this.#late.get(id);
    if (known !== undefined) return known;
    const slot = this.#window.traces.addPiece(id, nowMs);
    this.#window.traces.flags[slot] = DECIDED_BEFORE;
    this.#late.set(id, slot);
    this.#ready.push(slot);
    return slot;
  }

  #rootReceived(slot: number, nowMs: number): void {
    const { traces } = this.#window;
    const grace = this.#config.decision_wait_after_root_received;
    if (grace === 0 || (traces.flags[slot]! & ROOT_RECEIVED) !== 0) return;
    traces.flags[slot]! |= ROOT_RECEIVED;
    if (nowMs + grace < traces.deadline[slot]!) this.#setDeadline(slot, nowMs + grace, 'root_received');
  }

  #checkSize(slot: number): void {
    const max = this.#config.maximum_trace_size_bytes;
    const { traces } = this.#window;
    if (max === 0 || (traces.flags[slot]! & TOO_LARGE) !== 0) return;
    if (traces.wireBytes[slot]! <= max) return;
    traces.flags[slot]! |= TOO_LARGE;
    this.#ready.push(slot);
  }

  #setDeadline(slot: number, atMs: number, trigger: Trigger): void {
    this.#window.traces.deadline[slot] = atMs;
    this.#window.traces.trigger[slot] = trigger;
    this.#clock.schedule(slot, atMs);
  }

  /** What the request brought that need not wait. An eviction on the way may have decided it, and its slot be another's. */
  #decideReady(): void {
    const { traces } = this.#window;
    for (const slot of this.#ready) {
      const flags = traces.ids[slot] === '' ? 0 : traces.flags[slot]!;
      if ((flags & (TOO_LARGE | DECIDED_BEFORE)) === 0) continue;
      this.#decider.decide(slot, (flags & DECIDED_BEFORE) === 0 ? 'too_large' : 'late', this.#settings.clock.monotonic());
    }
    if (this.#ready.length > 0) this.#outbound.flush();
    this.#ready.length = 0;
    this.#late.clear();
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

  /** Decides what is due, one slice of it; comes back at once when more is, else with the next tick. */
  #tick(): void {
    const { clock } = this.#settings;
    const startMs = clock.monotonic();
    let nowMs = startMs;
    let decisions = 0;
    let more = true;
    let span: OwnSpan | undefined;
    while (more && nowMs - startMs < SLICE_MS && !this.#outbound.isFull) {
      more = this.#collectDue(nowMs);
      if (decisions === 0 && this.#due.length > 0) span = this.#settings.tracer.startSpan('decide traces', 'internal');
      if (this.#due.length > 0) this.#decider.decideAll(this.#due, this.#dueTriggers, nowMs);
      decisions += this.#due.length;
      nowMs = clock.monotonic();
    }
    this.#outbound.flush();
    span?.setAttribute('traces', decisions);
    span?.end();
    if (decisions > 0) this.#metrics.decisionSlice(nowMs - startMs);
    this.#scheduleTick(more && !this.#outbound.isFull ? 0 : TICK_MS - (nowMs % TICK_MS));
  }

  /** Takes a batch of those whose time has come out of the clock; true when there may be more. */
  #collectDue(nowMs: number): boolean {
    this.#due.length = 0;
    this.#dueTriggers.length = 0;
    let bytes = 0;
    while (this.#due.length < this.#batchSize && bytes < MAX_BATCH_BYTES) {
      const slot = this.#clock.nextDue(nowMs);
      if (slot === undefined) return false;
      const trigger = this.#dueTrigger(slot, nowMs);
      if (trigger === undefined) continue;
      // Until it is decided, another entry of the same slot must not find it due again.
      this.#window.traces.deadline[slot] = Infinity;
      this.#due.push(slot);
      this.#dueTriggers.push(trigger);
      bytes += this.#window.traces.wireBytes[slot]!;
    }
    return true;
  }

  /** Why a trace is to be decided now; undefined when it is not. Its entry in the clock may be older than its deadline. */
  #dueTrigger(slot: number, nowMs: number): Trigger | undefined {
    const { traces } = this.#window;
    const deadline = traces.deadline[slot]!;
    if (deadline === Infinity) return undefined;
    if (deadline <= nowMs) {
      this.#metrics.decisionLag(nowMs - deadline);
      return traces.trigger[slot]!;
    }
    const idle = this.#config.decision_wait_after_idle;
    if (idle === 0) return undefined;
    const idleAt = traces.lastSeen[slot]! + idle;
    if (idleAt <= nowMs) {
      this.#metrics.decisionLag(nowMs - idleAt);
      return 'idle';
    }
    if (idleAt < deadline) this.#clock.schedule(slot, idleAt);
    return undefined;
  }
}

function sameId(bytes: Uint8Array, a: number, b: number): boolean {
  for (let i = 15; i >= 0; i--) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}
