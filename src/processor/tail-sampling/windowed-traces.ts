import { HAS_PARENT, HAS_TRACE_STATE } from '../../pdata/otlp/span-scan.ts';
import { readTraceState } from '../../pdata/otlp/trace-state.ts';
import type { Bits56 } from './policy/bits56.ts';
import { NO_SPAN, type Trace, type TraceBatch } from './policy/trace.ts';
import { carriedSampling } from './policy/w3c-trace-state.ts';
import type { Splicer } from './window/splicer.ts';
import { WITH_TRACE_STATE } from './window/trace-table.ts';
import type { Window } from './window/window.ts';

/** Nanoseconds in 2³² as whole milliseconds and the rest. */
const HIGH_MS = 4294;
const HIGH_REST_NS = 967_296;
const NS_PER_MS = 1_000_000;

/** The greatest number below 2⁶³, where a Go duration ends: one more would read as negative. */
const LONGEST_NS = 2 ** 63 - 1024;

/** Traces in the window that are decided together, as policies see them: one object, pointed at one after the other. */
export class WindowedTraces implements Trace, TraceBatch {
  serial = 0;
  nowMs = 0;
  #slots: readonly number[] = [];
  /** Traces in the batch; `#slots` is the caller's, who fills it anew for the next. */
  size = 0;
  /** Serial of the first trace of the batch. */
  #firstSerial = 0;
  /** The trace whose tracestates have been looked at, and what they say. */
  #lookedAt = -1;
  readonly #randomness = { hi: 0, lo: 0 };
  #carriesSampling = false;
  readonly #window: Window;
  readonly #splicer: Splicer;
  #slot = 0;

  constructor(window: Window, splicer: Splicer) {
    this.#window = window;
    this.#splicer = splicer;
  }

  /** Begins a batch. */
  begin(slots: readonly number[], nowMs: number): void {
    this.#firstSerial += this.size;
    this.#slots = slots;
    this.size = slots.length;
    this.nowMs = nowMs;
  }

  trace(index: number): Trace {
    this.#slot = this.#slots[index]!;
    this.serial = this.#firstSerial + index;
    return this;
  }

  get spanCount(): number {
    return this.#window.traces.spanCount(this.#slot);
  }

  get randomness(): Bits56 {
    this.#lookAtTraceStates();
    return this.#randomness;
  }

  get carriesSampling(): boolean {
    this.#lookAtTraceStates();
    return this.#carriesSampling;
  }

  copyId(out: Uint8Array): void {
    this.#window.traces.copyId(this.#slot, out);
  }

  hasStatusCode(code: number): boolean {
    return this.#window.traces.hasStatusCode(this.#slot, code);
  }

  durationMs(): number {
    const traces = this.#window.traces;
    const slot = this.#slot;
    // Times are signed 64 bits in the Collector, once it subtracts them.
    let high = (traces.maxEndHi(slot) | 0) - (traces.minStartHi(slot) | 0);
    let low = traces.maxEndLo(slot) - traces.minStartLo(slot);
    // Both of one sign: only then is what is cut off below cut off of the whole.
    if (high > 0 && low < 0) {
      high--;
      low += 2 ** 32;
    } else if (high < 0 && low > 0) {
      high++;
      low -= 2 ** 32;
    }
    return high * HIGH_MS + Math.trunc((high * HIGH_REST_NS + low) / NS_PER_MS);
  }

  durationNs(): number {
    const traces = this.#window.traces;
    const slot = this.#slot;
    const high = (traces.maxEndHi(slot) | 0) - (traces.minStartHi(slot) | 0);
    return Math.min(LONGEST_NS, high * 2 ** 32 + (traces.maxEndLo(slot) - traces.minStartLo(slot)));
  }

  wireSize(): number {
    return this.#splicer.measure(this.#slot);
  }

  firstSpan(): number {
    return this.#window.traces.firstSpan(this.#slot);
  }

  nextSpan(span: number): number {
    return this.#window.spans.next[span]!;
  }

  isRoot(span: number): boolean {
    return (this.#window.spans.info[span]! & HAS_PARENT) === 0;
  }

  spanBytes(span: number): Uint8Array {
    return this.#window.arena.bytes(this.#window.spans.segment[span]!);
  }

  spanStart(span: number): number {
    return this.#splicer.messageStart(span);
  }

  spanEnd(span: number): number {
    return this.#window.spans.offset[span]! + this.#window.spans.size[span]!;
  }

  resource(span: number): number {
    return this.#window.envelopes.outer[this.#window.spans.scope[span]!]!;
  }

  resourceBytes(resource: number): Uint8Array {
    const { size, segment } = this.#window.envelopes;
    return size[resource] === 0 ? EMPTY : this.#window.arena.bytes(segment[resource]!);
  }

  resourceStart(resource: number): number {
    return this.#window.envelopes.offset[resource]!;
  }

  resourceEnd(resource: number): number {
    return this.#window.envelopes.offset[resource]! + this.#window.envelopes.size[resource]!;
  }

  scope(span: number): number {
    return this.#window.spans.scope[span]!;
  }

  // Envelopes of scopes and of resources are rows of one table.
  scopeBytes(scope: number): Uint8Array {
    return this.resourceBytes(scope);
  }

  scopeStart(scope: number): number {
    return this.resourceStart(scope);
  }

  scopeEnd(scope: number): number {
    return this.resourceEnd(scope);
  }

  /** Most traces have none; where they have, the first span that carries randomness speaks for all. */
  #lookAtTraceStates(): void {
    if (this.#lookedAt === this.serial) return;
    this.#lookedAt = this.serial;
    this.#carriesSampling = false;
    this.#window.traces.readRandomness(this.#slot, this.#randomness);
    if ((this.#window.traces.flags(this.#slot) & WITH_TRACE_STATE) === 0) return;
    for (let span = this.firstSpan(); span !== NO_SPAN; span = this.nextSpan(span)) {
      if ((this.#window.spans.info[span]! & HAS_TRACE_STATE) === 0) continue;
      const { threshold, randomness } = carriedSampling(readTraceState(this.spanBytes(span), this.spanStart(span), this.spanEnd(span)));
      this.#carriesSampling ||= threshold !== undefined || randomness !== undefined;
      if (randomness === undefined) continue;
      this.#randomness.hi = randomness.hi;
      this.#randomness.lo = randomness.lo;
      return;
    }
  }
}

const EMPTY = new Uint8Array(0);
