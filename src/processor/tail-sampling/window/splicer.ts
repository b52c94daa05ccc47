import { REQUEST_RESOURCE, RESOURCE_SCOPE } from '../../../pdata/otlp/fields.ts';
import { delimitedSize, writeVarint } from '../../../pdata/wire/wire-write.ts';
import { NONE } from './arena.ts';
import { grownUint32 } from './columns.ts';
import type { Window } from './window.ts';

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
  /** Content sizes in the order in which the headers are written: resource, its scopes, the next resource … */
  #sizes = new Uint32Array(64);

  constructor(window: Window) {
    this.#window = window;
  }

  /** Bytes that the trace will have; `write` relies on being called next, for the same trace. */
  measure(slot: number): number {
    const { spans, envelopes } = this.#window;
    let total = 0;
    let sizeCount = 0;
    let span = this.#window.traces.firstSpan[slot]!;
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
        for (; span !== NONE && spans.scope[span] === scope; span = spans.next[span]!) scopeSize += spans.size[span]!;
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
    let span = this.#window.traces.firstSpan[slot]!;
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
