import { ANY_STRING, KEY_VALUE_KEY, KEY_VALUE_VALUE, SPAN_ATTRIBUTE, SPAN_TRACE_STATE } from '../../pdata/otlp/fields.ts';
import { readTraceState } from '../../pdata/otlp/trace-state.ts';
import { varintSize, writeVarint } from '../../pdata/wire/wire-write.ts';
import { keepsAll, type Threshold } from './policy/policy.ts';
import { withThreshold } from './policy/w3c-trace-state.ts';
import type { Stamp } from './window/splicer.ts';

const NOTHING = new Uint8Array(0);

/**
 * What is written on the spans of a kept trace: the threshold it was kept with, as `ot=th` of their tracestate, and
 * attributes. Appended to a span's bytes: protobuf takes the last of a field that stands twice, and joins lists.
 */
export class SpanStamp implements Stamp {
  readonly #threshold: Threshold;
  readonly #attributes: Uint8Array;
  /** For spans without a tracestate: the same for all. */
  readonly #plain: Uint8Array;

  constructor(threshold: Threshold, attributes: Readonly<Record<string, string>>) {
    this.#threshold = threshold;
    this.#attributes = Buffer.concat(Object.entries(attributes).map(([key, value]) => attribute(key, value)));
    this.#plain = Buffer.concat([traceState('', threshold), this.#attributes]);
  }

  /** Whether spans stay as they are, but for those with a tracestate. */
  get isEmpty(): boolean {
    return this.#plain.length === 0;
  }

  /** Whether no span is changed at all. */
  get changesNothing(): boolean {
    return this.isEmpty && keepsAll(this.#threshold);
  }

  suffix(bytes: Uint8Array, start: number, end: number, hasTraceState: boolean): Uint8Array {
    if (!hasTraceState) return this.#plain;
    const changed = traceState(readTraceState(bytes, start, end), this.#threshold);
    return changed.length === 0 ? this.#attributes : Buffer.concat([changed, this.#attributes]);
  }
}

/** The field trace_state as it becomes; nothing where it stays as it is. */
function traceState(before: string, threshold: Threshold): Uint8Array {
  const after = withThreshold(before, threshold);
  return after === before ? NOTHING : delimited(SPAN_TRACE_STATE, Buffer.from(after, 'utf8'));
}

function attribute(key: string, value: string): Uint8Array {
  const anyValue = delimited(ANY_STRING, Buffer.from(value, 'utf8'));
  const keyValue = Buffer.concat([delimited(KEY_VALUE_KEY, Buffer.from(key, 'utf8')), delimited(KEY_VALUE_VALUE, anyValue)]);
  return delimited(SPAN_ATTRIBUTE, keyValue);
}

function delimited(tag: number, content: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(1 + varintSize(content.length) + content.length);
  bytes[0] = tag;
  bytes.set(content, writeVarint(bytes, 1, content.length));
  return bytes;
}
