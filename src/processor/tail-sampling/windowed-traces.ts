import { readTraceState } from '../../pdata/otlp/trace-state.ts';
import type { Bits56 } from './policy/bits56.ts';
import { NO_SPAN, type Trace, type TraceBatch } from './policy/trace.ts';
import { carriedSampling } from './policy/w3c-trace-state.ts';
import { NONE } from './window/arena.ts';
import { SpanCursor } from './window/span-cursor.ts';
import { MAX_RUN_SPANS } from './window/span-runs.ts';
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
  readonly #cursor = new SpanCursor();
  /** The span that the cursor is on. */
  #cursorSpan = NO_SPAN;

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
    this.#cursorSpan = NO_SPAN;
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
    return handleOf(this.#window.traces.firstRun(this.#slot), 0);
  }

  nextSpan(span: number): number {
    const { spans } = this.#window;
    const run = runOf(span);
    const index = indexOf(span) + 1;
    return index < spans.spanCount(run) ? handleOf(run, index) : handleOf(spans.next(run), 0);
  }

  isRoot(span: number): boolean {
    return this.#window.spans.isRoot(runOf(span), indexOf(span));
  }

  spanBytes(span: number): Uint8Array {
    return this.#at(span).bytes;
  }

  spanStart(span: number): number {
    return this.#at(span).start;
  }

  spanEnd(span: number): number {
    return this.#at(span).end;
  }

  resource(span: number): number {
    return this.#window.envelopes.outer(this.scope(span));
  }

  resourceBytes(resource: number): Uint8Array {
    const { envelopes, arena } = this.#window;
    return envelopes.size(resource) === 0 ? EMPTY : arena.bytes(envelopes.segment(resource));
  }

  resourceStart(resource: number): number {
    return this.#window.envelopes.offset(resource);
  }

  resourceEnd(resource: number): number {
    return this.#window.envelopes.offset(resource) + this.#window.envelopes.size(resource);
  }

  scope(span: number): number {
    return this.#window.spans.scope(runOf(span));
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

  /** The cursor, on a span. */
  #at(span: number): SpanCursor {
    const cursor = this.#cursor;
    if (span === this.#cursorSpan) return cursor;
    // Whoever walks comes from the span before it.
    if (indexOf(span) === 0 || span !== this.#cursorSpan + 1) {
      const { spans, arena } = this.#window;
      const run = runOf(span);
      cursor.enter(arena.bytes(spans.segment(run)), spans.offset(run));
      for (let index = indexOf(span); index > 0; index--) cursor.advance();
    } else {
      cursor.advance();
    }
    this.#cursorSpan = span;
    return cursor;
  }

  /** Most traces have none; where they have, the first span that carries randomness speaks for all. */
  #lookAtTraceStates(): void {
    if (this.#lookedAt === this.serial) return;
    this.#lookedAt = this.serial;
    this.#carriesSampling = false;
    this.#window.traces.readRandomness(this.#slot, this.#randomness);
    if ((this.#window.traces.flags(this.#slot) & WITH_TRACE_STATE) === 0) return;
    for (let span = this.firstSpan(); span !== NO_SPAN; span = this.nextSpan(span)) {
      if (!this.#window.spans.hasTraceState(runOf(span), indexOf(span))) continue;
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

/** Handles of spans count on by 16 from run to run; those of neighbours in a run follow each other. */
function handleOf(run: number, index: number): number {
  return run === NONE ? NO_SPAN : run * MAX_RUN_SPANS + index;
}

function runOf(span: number): number {
  return Math.floor(span / MAX_RUN_SPANS);
}

function indexOf(span: number): number {
  return span % MAX_RUN_SPANS;
}
