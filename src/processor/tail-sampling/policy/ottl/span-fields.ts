import { SPAN_ATTRIBUTE } from '../../../../pdata/otlp/fields.ts';
import type { SpanReader } from '../../../../pdata/otlp/span-reader.ts';
import { parseTraceState } from '../w3c-trace-state.ts';
import { attributeMap, foundValue, isFoundText, isTextAt, textAt } from './any-value.ts';
import type { EvaluationContext } from './evaluation-context.ts';
import type { Level } from './expression.ts';
import type { Fields, PathField } from './path-field.ts';
import { timeAt, unixNanoAt } from './time-at.ts';
import { Id, Opaque, type Value } from './value.ts';

const KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];

const ZERO_TRACE_ID = '\0'.repeat(16);
const ZERO_SPAN_ID = '\0'.repeat(8);

const STATUS = new Opaque('status');

/** Which span a path is about. */
export interface SpanSource {
  readonly level: Level;
  /** Undefined where there is no such span: all its fields are nil then. */
  readonly span: (context: EvaluationContext) => SpanReader | undefined;
  /** The number of an attribute key in the reader's finder. */
  readonly key: (key: string) => number;
}

/**
 * The fields of a span, named as in the Collector.
 * https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/ottl/contexts/ottlspan
 */
export function spanFields({ level, span, key }: SpanSource): Fields {
  const field = (read: (span: SpanReader) => Value, fields?: Fields): PathField => ({
    level,
    get: (context) => {
      const reader = span(context);
      return reader === undefined ? undefined : read(reader);
    },
    ...(fields === undefined ? {} : { fields }),
  });
  const idField = (read: (span: SpanReader) => string): PathField =>
    field((reader) => new Id(read(reader)), { string: field((reader) => Buffer.from(read(reader), 'latin1').toString('hex')) });
  return {
    trace_id: idField(({ bytes, traceIdStart, traceIdEnd }) => textAt(bytes, traceIdStart, traceIdEnd) || ZERO_TRACE_ID),
    span_id: idField(({ bytes, spanIdStart, spanIdEnd }) => textAt(bytes, spanIdStart, spanIdEnd) || ZERO_SPAN_ID),
    parent_span_id: idField(({ bytes, parentSpanIdStart, parentSpanIdEnd }) => textAt(bytes, parentSpanIdStart, parentSpanIdEnd) || ZERO_SPAN_ID),
    trace_state: {
      ...field(traceStateOf),
      entry: (name) => ({
        has: (context) => span(context) !== undefined,
        get: (context) => memberOf(span(context), name),
      }),
    },
    name: {
      ...field(({ bytes, nameStart, nameEnd }) => textAt(bytes, nameStart, nameEnd)),
      isText: (context, text) => {
        const reader = span(context);
        return reader !== undefined && isTextAt(reader.bytes, reader.nameStart, reader.nameEnd, text);
      },
    },
    kind: field((reader) => reader.kind, {
      string: field((reader) => KINDS[reader.kind] ?? ''),
      deprecated_string: field((reader) => (KINDS[reader.kind] === undefined ? '' : `SPAN_KIND_${KINDS[reader.kind]!.toUpperCase()}`)),
    }),
    start_time_unix_nano: field(({ bytes, startTimeAt }) => unixNanoAt(bytes, startTimeAt)),
    end_time_unix_nano: field(({ bytes, endTimeAt }) => unixNanoAt(bytes, endTimeAt)),
    start_time: field(({ bytes, startTimeAt }) => timeAt(bytes, startTimeAt)),
    end_time: field(({ bytes, endTimeAt }) => timeAt(bytes, endTimeAt)),
    attributes: {
      ...field(({ bytes, start, end }) => attributeMap(bytes, start, end, SPAN_ATTRIBUTE)),
      isDeep: true,
      entry: (name) => {
        const number = key(name);
        return {
          has: (context) => span(context)?.attributes.has(number) ?? false,
          get: (context) => {
            const reader = span(context);
            return reader === undefined ? undefined : foundValue(reader.attributes, number, reader.bytes);
          },
          isText: (context, text) => {
            const reader = span(context);
            return reader !== undefined && isFoundText(reader.attributes, number, reader.bytes, text);
          },
        };
      },
    },
    dropped_attributes_count: field((reader) => reader.droppedAttributesCount),
    events: field((reader) => new Opaque('events', reader.eventCount)),
    dropped_events_count: field((reader) => reader.droppedEventsCount),
    links: field((reader) => new Opaque('links', reader.linkCount)),
    dropped_links_count: field((reader) => reader.droppedLinksCount),
    status: field(() => STATUS, {
      code: field((reader) => reader.statusCode),
      message: field(({ bytes, statusMessageStart, statusMessageEnd }) => textAt(bytes, statusMessageStart, statusMessageEnd)),
    }),
    flags: field((reader) => reader.flags),
  };
}

function traceStateOf({ bytes, traceStateStart, traceStateEnd }: SpanReader): string {
  return textAt(bytes, traceStateStart, traceStateEnd);
}

/** The value of a member of a tracestate: nil where that is malformed, empty where it has no such member. */
function memberOf(span: SpanReader | undefined, name: string): Value {
  if (span === undefined) return undefined;
  const members = parseTraceState(traceStateOf(span));
  return members === undefined ? undefined : (members.find(({ key }) => key === name)?.value ?? '');
}
