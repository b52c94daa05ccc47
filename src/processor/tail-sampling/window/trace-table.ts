import { HAS_TRACE_STATE, type SpanScan, STATUS_MASK } from '../../../pdata/otlp/span-scan.ts';
import { NONE } from './arena.ts';
import { LruList } from './lru-list.ts';
import { Rows } from './rows.ts';
import type { TraceId } from './trace-id.ts';
import { TraceIndex } from './trace-index.ts';

/** Bits of a trace's flags. */
export const ROOT_RECEIVED = 1;
/** Its decision was made before: these are late spans that follow it. */
export const DECIDED_BEFORE = 2;
/** It grew beyond `maximum_trace_size_bytes`. */
export const TOO_LARGE = 4;
/** A span of it has a tracestate. */
export const WITH_TRACE_STATE = 8;
/** Its deadline is that of `decision_wait_after_root_received`. */
export const DUE_BY_ROOT = 16;

/** Words of a row: the id from word 0 on, and then: */
const HASH = 4;
const FIRST_RUN = 5;
const LAST_RUN = 6;
const SPAN_COUNT = 7;
const MIN_START_HI = 8;
const MIN_START_LO = 9;
const MAX_END_HI = 10;
const MAX_END_LO = 11;
/** Flags in the lowest byte; from bit 8 on a bit for each status code that a span has. */
const MARKS = 12;
/** What the last run came in. */
const LAST_SCOPE = 13;
const FLAGS = 0xff;
const STATUS_SHIFT = 8;
/** Numbers of 64 bits, counted in those. */
const WIRE_BYTES = 7;
const FIRST_SEEN = 8;
const LAST_SEEN = 9;
const DEADLINE = 10;
const ROW_WORDS = 22;

/**
 * The traces in the window, 88 bytes each: what is known of a trace without looking at its bytes again, in the row that is
 * its slot. Found by id, and kept in the order in which they were touched: the least recently touched trace is the first to
 * be decided when there is no room. None of it is an object of its own, so that the garbage collector has nothing to look at,
 * however many traces wait.
 *
 * Times of spans are kept as unsigned halves of 32 bits; times of ours (`firstSeen`, `lastSeen`, `deadline`) are milliseconds
 * of the monotonic clock.
 */
export class TraceTable {
  readonly maxTraces: number;
  readonly #rows = new Rows(ROW_WORDS);
  readonly #index = new TraceIndex(this.#rows);
  readonly #order = new LruList();
  #size = 0;

  constructor(maxTraces: number) {
    this.maxTraces = maxTraces;
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size >= this.maxTraces;
  }

  get memoryBytes(): number {
    return this.#rows.memoryBytes + this.#index.memoryBytes + this.#order.memoryBytes;
  }

  /** As of an index. */
  lookAhead(hash: number): number {
    return this.#index.lookAhead(hash);
  }

  has(id: TraceId): boolean {
    return this.#index.find(id) !== NONE;
  }

  /** The slot of a trace, touched now; NONE when it is not here. */
  get(id: TraceId): number {
    const slot = this.#index.find(id);
    if (slot !== NONE) this.#order.touch(slot);
    return slot;
  }

  /** Adds a trace without spans. There has to be room. */
  add(id: TraceId, nowMs: number): number {
    const slot = this.addPiece(id, nowMs);
    this.#index.add(id.hash, slot);
    this.#order.add(slot);
    this.#size++;
    return slot;
  }

  /** A slot for a piece of a trace that is looked at before it joins the trace: nobody finds it, it does not count. */
  addPiece(id: TraceId, nowMs: number): number {
    const slot = this.#rows.take();
    this.#rows.setId(slot, id);
    const words = this.#rows.chunk(slot);
    const at = this.#rows.at(slot);
    words[at + HASH] = id.hash;
    words[at + FIRST_RUN] = NONE;
    words[at + LAST_RUN] = NONE;
    words[at + LAST_SCOPE] = NONE;
    words[at + SPAN_COUNT] = 0;
    words[at + MIN_START_HI] = 0xffff_ffff;
    words[at + MIN_START_LO] = 0xffff_ffff;
    words[at + MAX_END_HI] = 0;
    words[at + MAX_END_LO] = 0;
    words[at + MARKS] = 0;
    const doubles = this.#rows.doublesOf(slot);
    doubles[at / 2 + WIRE_BYTES] = 0;
    doubles[at / 2 + FIRST_SEEN] = nowMs;
    doubles[at / 2 + LAST_SEEN] = nowMs;
    doubles[at / 2 + DEADLINE] = Infinity;
    return slot;
  }

  remove(slot: number): void {
    this.#index.remove(this.#rows.word(slot, HASH), slot);
    this.#order.remove(slot);
    this.#size--;
    this.removePiece(slot);
  }

  removePiece(slot: number): void {
    this.#rows.setWord(slot, MARKS, 0);
    this.#setDouble(slot, DEADLINE, Infinity);
    this.#rows.give(slot);
    if (this.#rows.count > 0) return;
    this.#index.clear();
    this.#order.trim();
  }

  /** The slots of the least recently touched traces, `count` of them or all there are, the least recent first. */
  leastRecent(count: number): number[] {
    const slots: number[] = [];
    for (let slot = this.#order.oldest; slot !== NONE && slots.length < count; slot = this.#order.newerThan(slot)) slots.push(slot);
    return slots;
  }

  /** Writes the id of a trace to `out`. */
  readId(slot: number, out: TraceId): void {
    const words = this.#rows.chunk(slot);
    const at = this.#rows.at(slot);
    out.set(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!, words[at + HASH]!);
  }

  /** Of its id, by which an index finds it. */
  hash(slot: number): number {
    return this.#rows.word(slot, HASH);
  }

  /** Writes the 16 bytes of a trace's id to the front of `out`. */
  copyId(slot: number, out: Uint8Array): void {
    for (let i = 0; i < 4; i++) {
      const word = this.#rows.word(slot, i);
      out[4 * i] = word >>> 24;
      out[4 * i + 1] = word >>> 16;
      out[4 * i + 2] = word >>> 8;
      out[4 * i + 3] = word;
    }
  }

  /** Writes the last 56 bits of a trace's id to `out`, in halves of 28. */
  readRandomness(slot: number, out: { hi: number; lo: number }): void {
    const c = this.#rows.word(slot, 2);
    const d = this.#rows.word(slot, 3);
    out.hi = ((c & 0xff_ffff) << 4) | (d >>> 28);
    out.lo = d & 0xfff_ffff;
  }

  /** NONE while it has none. */
  firstRun(slot: number): number {
    return this.#rows.word(slot, FIRST_RUN);
  }

  lastRun(slot: number): number {
    return this.#rows.word(slot, LAST_RUN);
  }

  /** The envelope that the last run came in; NONE while there is none. */
  lastScope(slot: number): number {
    return this.#rows.word(slot, LAST_SCOPE);
  }

  spanCount(slot: number): number {
    return this.#rows.word(slot, SPAN_COUNT);
  }

  /** Bytes that it has on the wire, but for the few of the lengths around its spans. */
  wireBytes(slot: number): number {
    return this.#double(slot, WIRE_BYTES);
  }

  minStartHi(slot: number): number {
    return this.#rows.word(slot, MIN_START_HI) >>> 0;
  }

  minStartLo(slot: number): number {
    return this.#rows.word(slot, MIN_START_LO) >>> 0;
  }

  maxEndHi(slot: number): number {
    return this.#rows.word(slot, MAX_END_HI) >>> 0;
  }

  maxEndLo(slot: number): number {
    return this.#rows.word(slot, MAX_END_LO) >>> 0;
  }

  hasStatusCode(slot: number, code: number): boolean {
    return ((this.#rows.word(slot, MARKS) >>> STATUS_SHIFT) & (1 << code)) !== 0;
  }

  /** None in a free slot. */
  flags(slot: number): number {
    return this.#rows.word(slot, MARKS) & FLAGS;
  }

  setFlags(slot: number, flags: number): void {
    this.#rows.setWord(slot, MARKS, this.#rows.word(slot, MARKS) | flags);
  }

  firstSeen(slot: number): number {
    return this.#double(slot, FIRST_SEEN);
  }

  lastSeen(slot: number): number {
    return this.#double(slot, LAST_SEEN);
  }

  setLastSeen(slot: number, nowMs: number): void {
    this.#setDouble(slot, LAST_SEEN, nowMs);
  }

  /** When it will be decided at the latest; Infinity in a free slot, which may be any that ever was one. */
  deadline(slot: number): number {
    return slot < this.#rows.used ? this.#double(slot, DEADLINE) : Infinity;
  }

  setDeadline(slot: number, atMs: number): void {
    this.#setDouble(slot, DEADLINE, atMs);
  }

  /** Makes a run of spans the last of a trace; the one before it is linked to it by whoever has the runs. */
  append(slot: number, run: number, scope: number, spans: number, wireBytes: number): void {
    const words = this.#rows.chunk(slot);
    const at = this.#rows.at(slot);
    if (words[at + FIRST_RUN] === NONE) words[at + FIRST_RUN] = run;
    words[at + LAST_RUN] = run;
    words[at + LAST_SCOPE] = scope;
    words[at + SPAN_COUNT]! += spans;
    this.#rows.doublesOf(slot)[at / 2 + WIRE_BYTES]! += wireBytes;
  }

  /** Takes times, status and whether there is a tracestate of the spans from `row` to `end` into what is known of the trace. */
  include(slot: number, scan: SpanScan, row: number, end: number): void {
    const { startHi, startLo, endHi, endLo, info } = scan;
    let marks = 0;
    for (let one = row; one < end; one++) {
      this.#includeTimes(slot, startHi[one]!, startLo[one]!, endHi[one]!, endLo[one]!);
      const about = info[one]!;
      marks |= 1 << (STATUS_SHIFT + (about & STATUS_MASK));
      if ((about & HAS_TRACE_STATE) !== 0) marks |= WITH_TRACE_STATE;
    }
    this.#rows.setWord(slot, MARKS, this.#rows.word(slot, MARKS) | marks);
  }

  /** Takes what is known of a piece into what is known of its trace; the chain of spans is the window's. */
  includePiece(slot: number, piece: number): void {
    if (this.firstRun(slot) === NONE) this.#rows.setWord(slot, FIRST_RUN, this.firstRun(piece));
    this.#rows.setWord(slot, LAST_RUN, this.lastRun(piece));
    this.#rows.setWord(slot, LAST_SCOPE, this.lastScope(piece));
    this.#rows.setWord(slot, SPAN_COUNT, this.spanCount(slot) + this.spanCount(piece));
    this.#setDouble(slot, WIRE_BYTES, this.wireBytes(slot) + this.wireBytes(piece));
    this.#includeTimes(slot, this.minStartHi(piece), this.minStartLo(piece), this.maxEndHi(piece), this.maxEndLo(piece));
    this.#rows.setWord(slot, MARKS, this.#rows.word(slot, MARKS) | (this.#rows.word(piece, MARKS) & (WITH_TRACE_STATE | ~FLAGS)));
  }

  #includeTimes(slot: number, startHi: number, startLo: number, endHi: number, endLo: number): void {
    const words = this.#rows.chunk(slot);
    const at = this.#rows.at(slot);
    const minHi = words[at + MIN_START_HI]! >>> 0;
    if (startHi < minHi || (startHi === minHi && startLo < words[at + MIN_START_LO]! >>> 0)) {
      words[at + MIN_START_HI] = startHi;
      words[at + MIN_START_LO] = startLo;
    }
    const maxHi = words[at + MAX_END_HI]! >>> 0;
    if (endHi > maxHi || (endHi === maxHi && endLo > words[at + MAX_END_LO]! >>> 0)) {
      words[at + MAX_END_HI] = endHi;
      words[at + MAX_END_LO] = endLo;
    }
  }

  #double(slot: number, field: number): number {
    return this.#rows.doublesOf(slot)[this.#rows.at(slot) / 2 + field]!;
  }

  #setDouble(slot: number, field: number, value: number): void {
    this.#rows.doublesOf(slot)[this.#rows.at(slot) / 2 + field] = value;
  }
}
