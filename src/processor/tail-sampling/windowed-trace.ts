import { SCOPE_ITEM } from '../../pdata/otlp/fields.ts';
import { WireReader } from '../../pdata/wire/wire-reader.ts';
import type { Trace } from './policy/trace.ts';
import type { Splicer } from './window/splicer.ts';
import type { Window } from './window/window.ts';

/** Nanoseconds in 2³² as whole milliseconds and the rest. */
const HIGH_MS = 4294;
const HIGH_REST_NS = 967_296;
const NS_PER_MS = 1_000_000;

/** A trace in the window as policies see it; one object, pointed at one slot after the other. */
export class WindowedTrace implements Trace {
  serial = 0;
  nowMs = 0;
  readonly #window: Window;
  readonly #splicer: Splicer;
  readonly #reader = new WireReader();
  #slot = 0;

  constructor(window: Window, splicer: Splicer) {
    this.#window = window;
    this.#splicer = splicer;
  }

  pointAt(slot: number, nowMs: number): void {
    this.#slot = slot;
    this.nowMs = nowMs;
    this.serial++;
  }

  get id(): string {
    return this.#window.traces.ids[this.#slot]!;
  }

  get spanCount(): number {
    return this.#window.traces.spanCount[this.#slot]!;
  }

  hasStatusCode(code: number): boolean {
    return (this.#window.traces.statusCodes[this.#slot]! & (1 << code)) !== 0;
  }

  durationMs(): number {
    const traces = this.#window.traces;
    const slot = this.#slot;
    // Times are signed 64 bits in the Collector, once it subtracts them.
    const high = (traces.maxEndHi[slot]! | 0) - (traces.minStartHi[slot]! | 0);
    const low = traces.maxEndLo[slot]! - traces.minStartLo[slot]!;
    return high * HIGH_MS + Math.trunc((high * HIGH_REST_NS + low) / NS_PER_MS);
  }

  wireSize(): number {
    return this.#splicer.measure(this.#slot);
  }

  firstSpan(): number {
    return this.#window.traces.firstSpan[this.#slot]!;
  }

  nextSpan(span: number): number {
    return this.#window.spans.next[span]!;
  }

  spanBytes(span: number): Uint8Array {
    return this.#window.arena.bytes(this.#window.spans.segment[span]!);
  }

  spanStart(span: number): number {
    const { offset, size } = this.#window.spans;
    const start = offset[span]!;
    this.#reader.reset(this.spanBytes(span), start);
    if (this.#reader.tag(start + size[span]!) !== SCOPE_ITEM) throw new Error('a span in the window has lost its tag');
    this.#reader.delimited(start + size[span]!);
    return this.#reader.at;
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
}

const EMPTY = new Uint8Array(0);
