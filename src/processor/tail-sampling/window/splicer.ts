import { REQUEST_RESOURCE, RESOURCE_SCOPE, SCOPE_ITEM } from '../../../pdata/otlp/fields.ts';
import { HAS_TRACE_STATE } from '../../../pdata/otlp/span-scan.ts';
import { WireReader } from '../../../pdata/wire/wire-reader.ts';
import { delimitedSize, writeVarint } from '../../../pdata/wire/wire-write.ts';
import { NONE } from './arena.ts';
import { grownUint32 } from './columns.ts';
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
  readonly #reader = new WireReader();
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
    let span = this.#window.traces.firstSpan(slot);
    let request = NONE;
    while (span !== NONE) {
      const resource = envelopes.outer[spans.scope[span]!]!;
      const outer = envelopes.outer[resource]!;
      if (outer !== NONE && outer !== request) total += envelopes.size[outer]!;
      request = outer;
      const resourceAt = sizeCount++;
      let resourceSize = envelopes.size[resource]!;
      while (span !== NONE && envelopes.outer[spans.scope[span]!] === resource) {
        const scope = spans.scope[span]!;
        let scopeSize = envelopes.size[scope]!;
        for (; span !== NONE && spans.scope[span] === scope; span = spans.next[span]!) {
          scopeSize += stamp === undefined ? spans.size[span]! : this.#stampedSize(span, stamp);
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
    let span = this.#window.traces.firstSpan(slot);
    let request = NONE;
    while (span !== NONE) {
      const resource = envelopes.outer[spans.scope[span]!]!;
      const outer = envelopes.outer[resource]!;
      if (outer !== NONE && outer !== request) at = this.#copyEnvelope(outer, out, at);
      request = outer;
      out[at++] = REQUEST_RESOURCE;
      at = writeVarint(out, at, this.#sizes[sizeCount++]!);
      at = this.#copyEnvelope(resource, out, at);
      while (span !== NONE && envelopes.outer[spans.scope[span]!] === resource) {
        const scope = spans.scope[span]!;
        out[at++] = RESOURCE_SCOPE;
        at = writeVarint(out, at, this.#sizes[sizeCount++]!);
        at = this.#copyEnvelope(scope, out, at);
        while (span !== NONE && spans.scope[span] === scope) {
          if (this.#suffixes.length > 0) {
            at = this.#writeStamped(span, this.#suffixes[suffix++]!, out, at);
            span = spans.next[span]!;
            continue;
          }
          // Neighbours in the arena leave in one copy.
          const segment = spans.segment[span]!;
          const start = spans.offset[span]!;
          let end = start;
          while (span !== NONE && spans.scope[span] === scope && spans.segment[span] === segment && spans.offset[span] === end) {
            end += spans.size[span]!;
            span = spans.next[span]!;
          }
          out.set(this.#window.arena.bytes(segment).subarray(start, end), at);
          at += end - start;
        }
      }
    }
    return at;
  }

  /** Size of a span as an element of its ScopeSpans once it is stamped; keeps what it is stamped with. */
  #stampedSize(span: number, stamp: Stamp): number {
    const { spans, arena } = this.#window;
    const bytes = arena.bytes(spans.segment[span]!);
    const start = this.messageStart(span);
    const end = spans.offset[span]! + spans.size[span]!;
    const suffix = stamp.suffix(bytes, start, end, (spans.info[span]! & HAS_TRACE_STATE) !== 0);
    this.#suffixes.push(suffix);
    return suffix.length === 0 ? spans.size[span]! : delimitedSize(end - start + suffix.length);
  }

  #writeStamped(span: number, suffix: Uint8Array, out: Uint8Array, at: number): number {
    const { spans, arena } = this.#window;
    const bytes = arena.bytes(spans.segment[span]!);
    const end = spans.offset[span]! + spans.size[span]!;
    let start = spans.offset[span]!;
    if (suffix.length > 0) {
      start = this.messageStart(span);
      out[at++] = SCOPE_ITEM;
      at = writeVarint(out, at, end - start + suffix.length);
    }
    out.set(bytes.subarray(start, end), at);
    at += end - start;
    out.set(suffix, at);
    return at + suffix.length;
  }

  /** Where the Span message begins, behind its tag and length. */
  messageStart(span: number): number {
    const { spans, arena } = this.#window;
    const reader = this.#reader;
    const end = spans.offset[span]! + spans.size[span]!;
    reader.reset(arena.bytes(spans.segment[span]!), spans.offset[span]!);
    if (reader.tag(end) !== SCOPE_ITEM) throw new Error('a span in the window has lost its tag');
    reader.delimited(end);
    return reader.at;
  }

  #copyEnvelope(row: number, out: Uint8Array, at: number): number {
    const { envelopes, arena } = this.#window;
    const size = envelopes.size[row]!;
    if (size === 0) return at;
    const offset = envelopes.offset[row]!;
    out.set(arena.bytes(envelopes.segment[row]!).subarray(offset, offset + size), at);
    return at + size;
  }

  #setSize(index: number, size: number): void {
    if (index >= this.#sizes.length) this.#sizes = grownUint32(this.#sizes, index * 2);
    this.#sizes[index] = size;
  }
}
