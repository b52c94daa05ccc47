import type { ProcessorMetrics } from './processor-metrics.ts';
import type { DecisionClock } from './window/decision-clock.ts';
import { DUE_BY_ROOT } from './window/trace-table.ts';
import type { Trigger } from './window/trigger.ts';
import type { Window } from './window/window.ts';

/** Large traces are decided in smaller batches: so much may go out before it is asked whether more may. */
const MAX_BATCH_BYTES = 4 << 20;

/** A trace is to be decided within so long of its deadline. */
const BEHIND_MS = 100;

/** Takes the traces whose time has come out of the decision clock, a batch at a time. */
export class DueTraces {
  /** The batch: slots, and why each is due. */
  readonly slots: number[] = [];
  readonly triggers: Trigger[] = [];
  readonly #window: Window;
  readonly #clock: DecisionClock;
  readonly #metrics: ProcessorMetrics;
  readonly #batchSize: number;
  readonly #idleMs: number;

  /** `idleMs`: how long after its last span a trace is due; 0 for never. */
  constructor(window: Window, clock: DecisionClock, metrics: ProcessorMetrics, batchSize: number, idleMs: number) {
    this.#window = window;
    this.#clock = clock;
    this.#metrics = metrics;
    this.#batchSize = batchSize;
    this.#idleMs = idleMs;
  }

  /** Whether something has been due for so long that taking in more would only let the window grow. */
  isBehind(nowMs: number): boolean {
    return this.#clock.lateMs(nowMs) > BEHIND_MS;
  }

  /** Fills the batch with what is due; true when there may be more. */
  collect(nowMs: number): boolean {
    const { traces } = this.#window;
    this.slots.length = 0;
    this.triggers.length = 0;
    let bytes = 0;
    while (this.slots.length < this.#batchSize && bytes < MAX_BATCH_BYTES) {
      const slot = this.#clock.nextDue(nowMs);
      if (slot === undefined) return false;
      const trigger = this.#triggerOf(slot, nowMs);
      if (trigger === undefined) continue;
      // Until it is decided, another entry of the same slot must not find it due again.
      traces.setDeadline(slot, Infinity);
      this.slots.push(slot);
      this.triggers.push(trigger);
      bytes += traces.wireBytes(slot);
    }
    return true;
  }

  /** Why a trace is to be decided now; undefined when it is not. Its entry in the clock may be older than its deadline. */
  #triggerOf(slot: number, nowMs: number): Trigger | undefined {
    const { traces } = this.#window;
    const deadline = traces.deadline(slot);
    if (deadline === Infinity) return undefined;
    if (deadline <= nowMs) {
      this.#metrics.decisionLag(nowMs - deadline);
      return (traces.flags(slot) & DUE_BY_ROOT) === 0 ? 'decision_wait' : 'root_received';
    }
    if (this.#idleMs === 0) return undefined;
    const idleAt = traces.lastSeen(slot) + this.#idleMs;
    if (idleAt <= nowMs) {
      this.#metrics.decisionLag(nowMs - idleAt);
      return 'idle';
    }
    if (idleAt < deadline) this.#clock.schedule(slot, idleAt);
    return undefined;
  }
}
