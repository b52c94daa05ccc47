import { HAS_PARENT, type SpanScan } from '../../pdata/otlp/span-scan.ts';
import type { TailSamplingConfig } from './config.ts';
import type { Decider } from './decider.ts';
import type { ProcessorMetrics } from './processor-metrics.ts';
import { NONE } from './window/arena.ts';
import type { DecisionClock } from './window/decision-clock.ts';
import { RequestRuns } from './window/request-runs.ts';
import type { TraceId } from './window/trace-id.ts';
import { TraceRecords } from './window/trace-records.ts';
import { DECIDED_BEFORE, DUE_BY_ROOT, ROOT_RECEIVED, TOO_LARGE } from './window/trace-table.ts';
import type { Window } from './window/window.ts';

/**
 * Takes spans into the window and sees to when their traces are decided. What a request brings of which nothing has to wait
 * is decided with it: late spans of kept traces, traces grown too large.
 */
export class Arrivals {
  readonly #config: TailSamplingConfig;
  readonly #window: Window;
  readonly #clock: DecisionClock;
  readonly #decider: Decider;
  readonly #metrics: ProcessorMetrics;
  readonly #evict: () => void;
  readonly #id: TraceId;
  readonly #runs: RequestRuns;
  /** The slots of what a request brought of which nothing has to wait. */
  readonly #ready: number[] = [];
  /** By trace id, the slots where the late spans of kept traces are that came with the request. */
  readonly #late = new TraceRecords(1);

  /** `evict` decides traces early, so that one more fits. */
  constructor(config: TailSamplingConfig, window: Window, clock: DecisionClock, decider: Decider, metrics: ProcessorMetrics, evict: () => void) {
    this.#config = config;
    this.#window = window;
    this.#clock = clock;
    this.#decider = decider;
    this.#metrics = metrics;
    this.#evict = evict;
    this.#id = window.newId();
    this.#runs = new RequestRuns(window.newId());
  }

  /** Takes in the spans of a request that the window has begun and has room for. */
  take(bytes: Uint8Array, scan: SpanScan, nowMs: number): void {
    const runs = this.#runs;
    runs.read(bytes, scan);
    for (let run = 0; run < runs.count; run++) this.#decider.lookAhead(runs.hash(run));
    if (runs.invalidSpans > 0) this.#metrics.addDropped('invalid', runs.invalidSpans);
    for (let run = 0; run < runs.count; run++) {
      const first = runs.first(run);
      const end = runs.end(run);
      runs.readId(run, this.#id);
      const slot = this.slotFor(this.#id, nowMs);
      if (slot === NONE) {
        for (let row = first; row < end; row++) this.#decider.dropLate(1, nowMs);
      } else {
        this.#window.addRun(slot, first, end);
        this.joined(slot, hasRoot(scan, first, end), nowMs);
      }
    }
  }

  /** The slot of a trace, a new one where it is new; NONE where its late spans are to be dropped. */
  slotFor(id: TraceId, nowMs: number): number {
    const { traces } = this.#window;
    const known = traces.get(id);
    if (known !== NONE) return known;
    const earlier = this.#decider.earlierDecision(id);
    if (earlier === 'not_sampled') return NONE;
    if (earlier === 'sampled') return this.#lateSlotFor(id, nowMs);
    if (traces.isFull) this.#evict();
    const slot = traces.add(id, nowMs);
    this.#metrics.addNewTrace();
    const { decision_wait: wait, decision_wait_after_idle: idle } = this.#config;
    this.#setDeadline(slot, nowMs + wait);
    if (idle > 0 && idle < wait) this.#clock.schedule(slot, nowMs + idle);
    return slot;
  }

  /** Spans have joined the trace in a slot: what that means for when it is decided. */
  joined(slot: number, withRoot: boolean, nowMs: number): void {
    const { traces } = this.#window;
    traces.setLastSeen(slot, nowMs);
    if ((traces.flags(slot) & DECIDED_BEFORE) !== 0) return;
    if (withRoot) this.#rootReceived(slot, nowMs);
    this.#checkSize(slot);
  }

  /**
   * Decides what the request brought that need not wait; false when that was nothing. An eviction on the way may have
   * decided it already, and its slot be another's.
   */
  decideReady(nowMs: number): boolean {
    if (this.#ready.length === 0) return false;
    const { traces } = this.#window;
    for (const slot of this.#ready) {
      const flags = traces.flags(slot);
      if ((flags & (TOO_LARGE | DECIDED_BEFORE)) === 0) continue;
      this.#decider.decide(slot, (flags & DECIDED_BEFORE) === 0 ? 'too_large' : 'late', nowMs);
    }
    this.#ready.length = 0;
    this.#late.clear();
    return true;
  }

  /** Where late spans of a kept trace wait for the end of their request; decided traces do not count as traces of the window. */
  #lateSlotFor(id: TraceId, nowMs: number): number {
    const known = this.#late.find(id);
    if (known !== NONE) return this.#late.word(known, 0);
    const { traces } = this.#window;
    const slot = traces.addPiece(id, nowMs);
    traces.setFlags(slot, DECIDED_BEFORE);
    this.#late.setWord(this.#late.add(id), 0, slot);
    this.#ready.push(slot);
    return slot;
  }

  #rootReceived(slot: number, nowMs: number): void {
    const { traces } = this.#window;
    const grace = this.#config.decision_wait_after_root_received;
    if (grace === 0 || (traces.flags(slot) & ROOT_RECEIVED) !== 0) return;
    traces.setFlags(slot, ROOT_RECEIVED);
    if (nowMs + grace >= traces.deadline(slot)) return;
    traces.setFlags(slot, DUE_BY_ROOT);
    this.#setDeadline(slot, nowMs + grace);
  }

  #checkSize(slot: number): void {
    const max = this.#config.maximum_trace_size_bytes;
    const { traces } = this.#window;
    if (max === 0 || (traces.flags(slot) & TOO_LARGE) !== 0) return;
    if (traces.wireBytes(slot) <= max) return;
    traces.setFlags(slot, TOO_LARGE);
    this.#ready.push(slot);
  }

  #setDeadline(slot: number, atMs: number): void {
    this.#window.traces.setDeadline(slot, atMs);
    this.#clock.schedule(slot, atMs);
  }
}

/** Whether one of the spans from `row` to `end` names no parent. */
export function hasRoot(scan: SpanScan, row: number, end: number): boolean {
  for (let one = row; one < end; one++) if ((scan.info[one]! & HAS_PARENT) === 0) return true;
  return false;
}
