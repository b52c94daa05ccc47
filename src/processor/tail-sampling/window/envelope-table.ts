import { NONE, type Arena } from './arena.ts';
import { grownUint32 } from './columns.ts';

/**
 * What spans came in, kept once a request and counted: all bytes of a ScopeSpans that are not spans, of a ResourceSpans
 * that are not ScopeSpans, of a request that are not ResourceSpans. One row each, 20 bytes.
 *
 * ```
 *  span ─► scope envelope ─► resource envelope ─► request envelope (only where a request has fields we do not know)
 *          (scope, schema_url)  (resource, schema_url)
 * ```
 *
 * `uses` counts spans, or the envelopes inside; with the last of them the row and its bytes go.
 */
export class EnvelopeTable {
  count = 0;
  segment = new Uint32Array(256);
  offset = new Uint32Array(256);
  size = new Uint32Array(256);
  /** The envelope around this one, or NONE; in a free row, the next free row. */
  outer = new Uint32Array(256);
  uses = new Uint32Array(256);
  readonly #arena: Arena;
  #used = 0;
  #free = NONE;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  get memoryBytes(): number {
    return this.outer.length * 20;
  }

  get rows(): number {
    return this.#used;
  }

  /** Adds an envelope without uses yet; its bytes are allocated already (`segment` NONE where it has none). */
  add(segment: number, offset: number, size: number, outer: number): number {
    let row = this.#free;
    if (row === NONE) {
      row = this.#used++;
      if (row === this.outer.length) this.#grow(row * 2);
    } else {
      this.#free = this.outer[row]!;
    }
    this.count++;
    this.segment[row] = segment;
    this.offset[row] = offset;
    this.size[row] = size;
    this.outer[row] = outer;
    this.uses[row] = 0;
    if (outer !== NONE) this.uses[outer]!++;
    return row;
  }

  /** One use less; the last one ends the envelope, and its use of the one around it. */
  release(row: number): void {
    while (row !== NONE && --this.uses[row]! === 0) {
      const outer = this.outer[row]!;
      this.#remove(row);
      row = outer;
    }
  }

  #remove(row: number): void {
    const size = this.size[row]!;
    if (size > 0) this.#arena.release(this.segment[row]!, size);
    this.segment[row] = NONE;
    this.outer[row] = this.#free;
    this.#free = row;
    if (--this.count === 0) {
      this.#used = 0;
      this.#free = NONE;
    }
  }

  #grow(rows: number): void {
    this.segment = grownUint32(this.segment, rows);
    this.offset = grownUint32(this.offset, rows);
    this.size = grownUint32(this.size, rows);
    this.outer = grownUint32(this.outer, rows);
    this.uses = grownUint32(this.uses, rows);
  }
}
