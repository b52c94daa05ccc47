import { REQUEST_RESOURCE, RESOURCE_SCOPE, SCOPE_ITEM } from '../../../pdata/otlp/fields.ts';
import { delimitedSize, writeVarint } from '../../../pdata/wire/wire-write.ts';
import { NONE } from './arena.ts';
import { SpanCursor } from './span-cursor.ts';
import type { Window } from './window.ts';

/** Adds bytes to the end of spans as they leave. */
export interface Stamp {
  /** What follows the Span message at `[start, end)`: whole fields. */
  suffix(bytes: Uint8Array, start: number, end: number, hasTraceState: boolean): Uint8Array;
}

/**
 * Puts a trace together again: its spans, as the bytes they came in, inside the envelopes they came in.
 *
 * ```
 *  for each run of spans with one resource     0a ‖ length ‖ resource envelope ‖ …
 *    for each run of spans with one scope      12 ‖ length ‖ scope envelope ‖ span ‖ span …
 * ```
 *
 * The result is an ExportTraceServiceRequest, and several of them one behind the other are one too. Two walks: lengths
 * stand before contents, so all are measured first.
 */
export class Splicer {
  readonly #window: Window;
  readonly #cursor = new SpanCursor();
  /** Content sizes in the order in which the headers are written: resource, its scopes, the next resource … */
  #sizes = new Uint32Array(64);
  /** By span, in order, what is stamped on it; empty where nothing is stamped. */
  readonly #suffixes: Uint8Array[] = [];

  constructor(window: Window) {
    this.#window = window;
  }

  /** Bytes that the trace will have; `write` relies on being called next, for the same trace. */
  measure(slot: number, stamp?: Stamp): number {
    const { spans, envelopes } = this.#window;
    this.#suffixes.length = 0;
    let total = 0;
    let sizeCount = 0;
    let run = this.#window.traces.firstRun(slot);
    let request = NONE;
    while (run !== NONE) {
      const resource = envelopes.outer(spans.scope(run));
      const outer = envelopes.outer(resource);
      if (outer !== NONE && outer !== request) total += envelopes.size(outer);
      request = outer;
      const resourceAt = sizeCount++;
      let resourceSize = envelopes.size(resource);
      while (run !== NONE && envelopes.outer(spans.scope(run)) === resource) {
        const scope = spans.scope(run);
        let scopeSize = envelopes.size(scope);
        for (; run !== NONE && spans.scope(run) === scope; run = spans.next(run)) {
          scopeSize += stamp === undefined ? spans.size(run) : this.#stampedSize(run, stamp);
        }
        this.#setSize(sizeCount++, scopeSize);
        resourceSize += delimitedSize(scopeSize);
      }
      this.#setSize(resourceAt, resourceSize);
      total += delimitedSize(resourceSize);
    }
    return total;
  }

  /** Writes the trace measured last to `out` at `at` and returns the place after it. */
  write(slot: number, out: Uint8Array, at: number): number {
    const { spans, envelopes } = this.#window;
    let sizeCount = 0;
    let suffix = 0;
    let run = this.#window.traces.firstRun(slot);
    let request = NONE;
    while (run !== NONE) {
      const resource = envelopes.outer(spans.scope(run));
      const outer = envelopes.outer(resource);
      if (outer !== NONE && outer !== request) at = this.#copyEnvelope(outer, out, at);
      request = outer;
      out[at++] = REQUEST_RESOURCE;
      at = writeVarint(out, at, this.#sizes[sizeCount++]!);
      at = this.#copyEnvelope(resource, out, at);
      while (run !== NONE && envelopes.outer(spans.scope(run)) === resource) {
        const scope = spans.scope(run);
        out[at++] = RESOURCE_SCOPE;
        at = writeVarint(out, at, this.#sizes[sizeCount++]!);
        at = this.#copyEnvelope(scope, out, at);
        for (; run !== NONE && spans.scope(run) === scope; run = spans.next(run)) {
          if (this.#suffixes.length === 0) {
            at = this.#copyRun(run, out, at);
          } else {
            at = this.#writeStamped(run, suffix, out, at);
            suffix += spans.spanCount(run);
          }
        }
      }
    }
    return at;
  }

  /** Size of a run's spans as elements of their ScopeSpans once they are stamped; keeps what they are stamped with. */
  #stampedSize(run: number, stamp: Stamp): number {
    const { spans } = this.#window;
    const cursor = this.#cursor;
    const count = spans.spanCount(run);
    let total = 0;
    this.#enter(run);
    for (let index = 0; ; ) {
      const suffix = stamp.suffix(cursor.bytes, cursor.start, cursor.end, spans.hasTraceState(run, index));
      this.#suffixes.push(suffix);
      total += suffix.length === 0 ? cursor.end - cursor.field : delimitedSize(cursor.end - cursor.start + suffix.length);
      if (++index === count) return total;
      cursor.advance();
    }
  }

  /** The suffixes are those from `suffix` on. */
  #writeStamped(run: number, suffix: number, out: Uint8Array, at: number): number {
    const cursor = this.#cursor;
    const end = suffix + this.#window.spans.spanCount(run);
    this.#enter(run);
    for (;;) {
      at = writeSpan(cursor, this.#suffixes[suffix]!, out, at);
      if (++suffix === end) return at;
      cursor.advance();
    }
  }

  #copyRun(run: number, out: Uint8Array, at: number): number {
    const { spans, arena } = this.#window;
    const start = spans.offset(run);
    const size = spans.size(run);
    out.set(arena.bytes(spans.segment(run)).subarray(start, start + size), at);
    return at + size;
  }

  #enter(run: number): void {
    const { spans, arena } = this.#window;
    this.#cursor.enter(arena.bytes(spans.segment(run)), spans.offset(run));
  }

  #copyEnvelope(row: number, out: Uint8Array, at: number): number {
    const { envelopes, arena } = this.#window;
    const size = envelopes.size(row);
    if (size === 0) return at;
    const offset = envelopes.offset(row);
    out.set(arena.bytes(envelopes.segment(row)).subarray(offset, offset + size), at);
    return at + size;
  }

  #setSize(index: number, size: number): void {
    if (index >= this.#sizes.length) {
      const larger = new Uint32Array(index * 2);
      larger.set(this.#sizes);
      this.#sizes = larger;
    }
    this.#sizes[index] = size;
  }
}

function writeSpan({ bytes, field, start, end }: SpanCursor, suffix: Uint8Array, out: Uint8Array, at: number): number {
  if (suffix.length === 0) {
    out.set(bytes.subarray(field, end), at);
    return at + end - field;
  }
  out[at++] = SCOPE_ITEM;
  at = writeVarint(out, at, end - start + suffix.length);
  out.set(bytes.subarray(start, end), at);
  at += end - start;
  // Some 15 bytes: a call takes longer.
  for (let i = 0; i < suffix.length; i++) out[at++] = suffix[i]!;
  return at;
}
