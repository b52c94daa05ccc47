import { SCOPE_ITEM } from '../../../pdata/otlp/fields.ts';
import { WireReader } from '../../../pdata/wire/wire-reader.ts';

/** Stands on one span of a run after the other. */
export class SpanCursor {
  /** Where the span is as an element of its ScopeSpans, from `field` on, and where its message begins and, exclusively, ends. */
  bytes: Uint8Array = NOTHING;
  field = 0;
  start = 0;
  end = 0;
  readonly #reader = new WireReader();

  /** Goes to the span at `at`. */
  enter(bytes: Uint8Array, at: number): void {
    this.bytes = bytes;
    this.#goTo(at);
  }

  /** Goes to the span behind this one; there has to be one. */
  advance(): void {
    this.#goTo(this.end);
  }

  #goTo(at: number): void {
    const reader = this.#reader;
    reader.reset(this.bytes, at);
    if (reader.tag(this.bytes.length) !== SCOPE_ITEM) throw new Error('a span in the window has lost its tag');
    this.field = at;
    this.end = reader.delimited(this.bytes.length);
    this.start = reader.at;
  }
}

const NOTHING = new Uint8Array(0);
