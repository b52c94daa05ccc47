import { WireReader } from '../wire/wire-reader.ts';
import { SPAN_TRACE_STATE } from './fields.ts';
import { textOf } from './text.ts';

const reader = new WireReader();

/** The trace_state of the Span message at `[start, end)`; empty where it has none. */
export function readTraceState(bytes: Uint8Array, start: number, end: number): string {
  reader.reset(bytes, start);
  let textStart = start;
  let textEnd = start;
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === SPAN_TRACE_STATE) {
      textEnd = reader.delimited(end);
      textStart = reader.at;
      reader.at = textEnd;
    } else {
      reader.skip(tag, end);
    }
  }
  return textOf(bytes, textStart, textEnd);
}
