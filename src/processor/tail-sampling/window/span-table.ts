import { NONE } from './arena.ts';
import { grownUint32, grownUint8 } from './columns.ts';

/**
 * One row a waiting span, 21 bytes: where its bytes lie, what it came in, and the next span of its trace.
 *
 * ```
 *  trace 7: first ─► row 3 ─► row 4 ─► row 9 ─► NONE      free ─► row 5 ─► row 0 ─► NONE
 * ```
 *
 * The bytes are the span as an element of its ScopeSpans, tag and length included, so that neighbours can be copied out
 * in one piece. Rows of one trace keep the order in which the spans arrived.
 */
export class SpanTable {
  count = 0;
  segment = new Uint32Array(1024);
  offset = new Uint32Array(1024);
  size = new Uint32Array(1024);
  /** Row of the ScopeSpans' envelope it came in. */
  scope = new Uint32Array(1024);
  /** Next span of the trace; in a free row, the next free row. */
  next = new Uint32Array(1024);
  /** As in SpanScan. */
  info = new Uint8Array(1024);
  #used = 0;
  #free = NONE;

  /** Bytes of the columns. */
  get memoryBytes(): number {
    return this.next.length * 21;
  }

  /** Rows ever used; those above hold nothing. */
  get rows(): number {
    return this.#used;
  }

  add(segment: number, offset: number, size: number, scope: number, info: number): number {
    let row = this.#free;
    if (row === NONE) {
      row = this.#used++;
      if (row === this.next.length) this.#grow(row * 2);
    } else {
      this.#free = this.next[row]!;
    }
    this.count++;
    this.segment[row] = segment;
    this.offset[row] = offset;
    this.size[row] = size;
    this.scope[row] = scope;
    this.next[row] = NONE;
    this.info[row] = info;
    return row;
  }

  remove(row: number): void {
    this.segment[row] = NONE;
    this.next[row] = this.#free;
    this.#free = row;
    // Empty: start from the front again, so that the next load fills the columns in order.
    if (--this.count === 0) {
      this.#used = 0;
      this.#free = NONE;
      if (this.next.length > SHRINK_ROWS) this.#resize();
    }
  }

  #resize(): void {
    this.segment = new Uint32Array(1024);
    this.offset = new Uint32Array(1024);
    this.size = new Uint32Array(1024);
    this.scope = new Uint32Array(1024);
    this.next = new Uint32Array(1024);
    this.info = new Uint8Array(1024);
  }

  #grow(rows: number): void {
    this.segment = grownUint32(this.segment, rows);
    this.offset = grownUint32(this.offset, rows);
    this.size = grownUint32(this.size, rows);
    this.scope = grownUint32(this.scope, rows);
    this.next = grownUint32(this.next, rows);
    this.info = grownUint8(this.info, rows);
  }
}

/** An emptied table larger than this gives its memory back. */
const SHRINK_ROWS = 65_536;
