import { LRUCache } from 'lru-cache';
import { NONE } from './arena.ts';
import { grownFloat64, grownUint32, grownUint8 } from './columns.ts';

/** Why a trace is decided, in the words of the metrics' `trigger` label. */
export type Trigger = 'decision_wait' | 'root_received' | 'idle' | 'span_ingest' | 'too_large' | 'evicted' | 'late' | 'shutdown';

/** Bits of `TraceTable.flags`. */
export const ROOT_RECEIVED = 1;
/** Its decision was made before: these are late spans that follow it. */
export const DECIDED_BEFORE = 2;
/** It grew beyond `maximum_trace_size_bytes`. */
export const TOO_LARGE = 4;
/** A span of it has a tracestate. */
export const WITH_TRACE_STATE = 8;

const INITIAL_SLOTS = 256;

/**
 * An entry of the cache that is no trace and never leaves: deleting the last entry of an `lru-cache` clears its arrays of
 * `max` elements, which costs a millisecond at two million traces each time the window runs empty.
 */
const NO_TRACE = '';

/**
 * The traces in the window: `lru-cache` from trace id to a slot, and per slot what is known of the trace without looking
 * at its bytes again. The least recently touched trace is the first to be decided when there is no room.
 *
 * Times of spans are kept as unsigned halves of 32 bits, times of ours (`firstSeen`, `lastSeen`, `deadline`) as
 * milliseconds of the monotonic clock.
 */
export class TraceTable {
  firstSpan = new Uint32Array(INITIAL_SLOTS);
  lastSpan = new Uint32Array(INITIAL_SLOTS);
  spanCount = new Uint32Array(INITIAL_SLOTS);
  /** Bytes that it has on the wire, but for the few of the lengths around its spans. */
  wireBytes = new Float64Array(INITIAL_SLOTS);
  minStartHi = new Uint32Array(INITIAL_SLOTS);
  minStartLo = new Uint32Array(INITIAL_SLOTS);
  maxEndHi = new Uint32Array(INITIAL_SLOTS);
  maxEndLo = new Uint32Array(INITIAL_SLOTS);
  /** Bit `1 << code` for each status code that a span has. */
  statusCodes = new Uint8Array(INITIAL_SLOTS);
  flags = new Uint8Array(INITIAL_SLOTS);
  firstSeen = new Float64Array(INITIAL_SLOTS);
  lastSeen = new Float64Array(INITIAL_SLOTS);
  /** When it will be decided at the latest; Infinity in a free slot. */
  deadline = new Float64Array(INITIAL_SLOTS).fill(Infinity);
  /** What a deadline that passes means. */
  readonly trigger: Trigger[] = [];
  /** By slot; the empty string in a free one. */
  readonly ids: string[] = [];

  readonly maxTraces: number;
  readonly #slots: LRUCache<string, number>;
  readonly #free: number[] = [];

  constructor(maxTraces: number) {
    this.maxTraces = maxTraces;
    this.#slots = new LRUCache({ max: maxTraces + 1 });
    this.#slots.set(NO_TRACE, NONE);
  }

  get size(): number {
    return this.#slots.size - 1;
  }

  get isFull(): boolean {
    return this.size >= this.maxTraces;
  }

  /** Bytes of the columns and, about, of the id, its key and its place in the LRU list. */
  get memoryBytes(): number {
    return this.deadline.length * 62 + this.size * 120;
  }

  has(id: string): boolean {
    return this.#slots.has(id);
  }

  /** The slot of a trace, touched now; undefined when it is not here. */
  get(id: string): number | undefined {
    return this.#slots.get(id);
  }

  /** Adds a trace without spans. There has to be room. */
  add(id: string, nowMs: number): number {
    const slot = this.addPiece(id, nowMs);
    this.#slots.set(id, slot);
    return slot;
  }

  /** A slot for a piece of a trace that is looked at before it joins the trace: nobody finds it, it does not count. */
  addPiece(id: string, nowMs: number): number {
    const slot = this.#free.pop() ?? this.ids.length;
    if (slot === this.deadline.length) this.#grow(slot * 2);
    this.ids[slot] = id;
    this.trigger[slot] = 'decision_wait';
    this.firstSpan[slot] = NONE;
    this.lastSpan[slot] = NONE;
    this.spanCount[slot] = 0;
    this.wireBytes[slot] = 0;
    this.minStartHi[slot] = NONE;
    this.minStartLo[slot] = NONE;
    this.maxEndHi[slot] = 0;
    this.maxEndLo[slot] = 0;
    this.statusCodes[slot] = 0;
    this.flags[slot] = 0;
    this.firstSeen[slot] = nowMs;
    this.lastSeen[slot] = nowMs;
    this.deadline[slot] = Infinity;
    return slot;
  }

  remove(slot: number): void {
    this.#slots.delete(this.ids[slot]!);
    this.removePiece(slot);
  }

  removePiece(slot: number): void {
    this.ids[slot] = '';
    this.deadline[slot] = Infinity;
    this.#free.push(slot);
  }

  /** The slots of the least recently touched traces, `count` of them or all there are, the least recent first. */
  leastRecent(count: number): number[] {
    const slots: number[] = [];
    for (const slot of this.#slots.rvalues()) {
      if (slots.length === count) break;
      if (slot !== undefined && slot !== NONE) slots.push(slot);
    }
    return slots;
  }

  /** Takes a span's times and status into what is known of the trace. */
  include(slot: number, startHi: number, startLo: number, endHi: number, endLo: number, statusCode: number): void {
    this.#includeTimes(slot, startHi, startLo, endHi, endLo);
    this.statusCodes[slot]! |= 1 << statusCode;
  }

  /** Takes what is known of a piece into what is known of its trace; the chain of spans is the window's. */
  includePiece(slot: number, piece: number): void {
    this.lastSpan[slot] = this.lastSpan[piece]!;
    this.spanCount[slot]! += this.spanCount[piece]!;
    this.wireBytes[slot]! += this.wireBytes[piece]!;
    this.#includeTimes(slot, this.minStartHi[piece]!, this.minStartLo[piece]!, this.maxEndHi[piece]!, this.maxEndLo[piece]!);
    this.statusCodes[slot]! |= this.statusCodes[piece]!;
    this.flags[slot]! |= this.flags[piece]! & WITH_TRACE_STATE;
  }

  #includeTimes(slot: number, startHi: number, startLo: number, endHi: number, endLo: number): void {
    const minHi = this.minStartHi[slot]!;
    if (startHi < minHi || (startHi === minHi && startLo < this.minStartLo[slot]!)) {
      this.minStartHi[slot] = startHi;
      this.minStartLo[slot] = startLo;
    }
    const maxHi = this.maxEndHi[slot]!;
    if (endHi > maxHi || (endHi === maxHi && endLo > this.maxEndLo[slot]!)) {
      this.maxEndHi[slot] = endHi;
      this.maxEndLo[slot] = endLo;
    }
  }

  #grow(slots: number): void {
    this.firstSpan = grownUint32(this.firstSpan, slots);
    this.lastSpan = grownUint32(this.lastSpan, slots);
    this.spanCount = grownUint32(this.spanCount, slots);
    this.wireBytes = grownFloat64(this.wireBytes, slots);
    this.minStartHi = grownUint32(this.minStartHi, slots);
    this.minStartLo = grownUint32(this.minStartLo, slots);
    this.maxEndHi = grownUint32(this.maxEndHi, slots);
    this.maxEndLo = grownUint32(this.maxEndLo, slots);
    this.statusCodes = grownUint8(this.statusCodes, slots);
    this.flags = grownUint8(this.flags, slots);
    this.firstSeen = grownFloat64(this.firstSeen, slots);
    this.lastSeen = grownFloat64(this.lastSeen, slots);
    this.deadline = grownFloat64(this.deadline, slots);
  }
}

/**
 * The key of a trace: its 16 bytes as 8 UTF-16 units, twice as fast to make and half as long as hex.
 */
export function traceKey(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(
    (bytes[at]! << 8) | bytes[at + 1]!,
    (bytes[at + 2]! << 8) | bytes[at + 3]!,
    (bytes[at + 4]! << 8) | bytes[at + 5]!,
    (bytes[at + 6]! << 8) | bytes[at + 7]!,
    (bytes[at + 8]! << 8) | bytes[at + 9]!,
    (bytes[at + 10]! << 8) | bytes[at + 11]!,
    (bytes[at + 12]! << 8) | bytes[at + 13]!,
    (bytes[at + 14]! << 8) | bytes[at + 15]!,
  );
}
