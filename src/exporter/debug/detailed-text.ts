import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import type { EntityRef, KeyValue, LogRecord, ResourceGroup, ScopeGroup, Span } from './decoded.ts';
import { decodeLogs, decodeMetrics, decodeTraces } from './decoded.ts';
import { metricLines } from './detailed-metric-text.ts';
import { formatTimestamp } from './go-format.ts';
import { attributeLines, hex } from './detailed-lines.ts';
import { typedValueText } from './value-text.ts';

const SPAN_KINDS = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];
const STATUS_CODES = ['Unset', 'Ok', 'Error'];
const SEVERITIES = ['Trace', 'Debug', 'Info', 'Warn', 'Error', 'Fatal'];

/**
 * `verbosity: detailed`: every field, as the Collector's debug exporter writes it. Each line ends with a line feed.
 *
 * @throws Error when the bytes are no such message
 */
export function detailedText({ signal, bytes }: ExportRequest): string {
  switch (signal) {
    case 'traces':
      return groupLines(decodeTraces(bytes), { resource: 'ResourceSpans', scope: 'ScopeSpans', item: 'Span' }, spanLines);
    case 'metrics':
      return groupLines(decodeMetrics(bytes), { resource: 'ResourceMetrics', scope: 'ScopeMetrics', item: 'Metric' }, metricLines);
    case 'logs':
      return groupLines(decodeLogs(bytes), { resource: 'ResourceLog', scope: 'ScopeLogs', item: 'LogRecord' }, logLines);
  }
}

function groupLines<Item>(
  groups: readonly ResourceGroup<Item>[],
  title: { readonly resource: string; readonly scope: string; readonly item: string },
  itemLines: (item: Item) => readonly string[],
): string {
  const scopeLines = ({ scope, schemaUrl, items }: ScopeGroup<Item>, j: number): readonly string[] => [
    `${title.scope} #${j}`,
    `${title.scope} SchemaURL: ${schemaUrl}`,
    `InstrumentationScope ${scope?.name ?? ''} ${scope?.version ?? ''}`,
    ...attributeLines('InstrumentationScope attributes', scope?.attributes ?? []),
    ...items.flatMap((item, k) => [`${title.item} #${k}`, ...itemLines(item)]),
  ];
  const lines = groups.flatMap(({ resource, schemaUrl, scopes }, i) => [
    `${title.resource} #${i}`,
    `Resource SchemaURL: ${schemaUrl}`,
    ...attributeLines('Resource attributes', resource?.attributes ?? []),
    ...entityLines(resource?.entityRefs ?? []),
    ...scopes.flatMap(scopeLines),
  ]);
  return lines.map((line) => `${line}\n`).join('');
}

function entityLines(refs: readonly EntityRef[]): readonly string[] {
  if (refs.length === 0) return [];
  const list = (title: string, keys: readonly string[]): readonly string[] =>
    keys.length === 0 ? [] : [`          -> ${title}:`, ...keys.map((key) => `               -> ${key}`)];
  const lines = refs.flatMap(({ type, schemaUrl, idKeys, descriptionKeys }, i) => [
    `     -> Entity ref #${i}:`,
    `          -> Type: ${type}`,
    ...(schemaUrl === '' ? [] : [`          -> Schema URL: ${schemaUrl}`]),
    ...list('ID keys', idKeys),
    ...list('Description keys', descriptionKeys),
  ]);
  return ['Resource entity refs:', ...lines];
}

function spanLines(span: Span): readonly string[] {
  return [
    field('Trace ID', hex(span.traceId)),
    field('Parent ID', hex(span.parentSpanId)),
    field('ID', hex(span.spanId)),
    field('Name', span.name),
    field('Kind', SPAN_KINDS[span.kind] ?? ''),
    ...(span.traceState === '' ? [] : [field('TraceState', span.traceState)]),
    field('Start time', formatTimestamp(span.startTimeUnixNano)),
    field('End time', formatTimestamp(span.endTimeUnixNano)),
    field('Status code', STATUS_CODES[span.status?.code ?? 0] ?? ''),
    field('Status message', span.status?.message ?? ''),
    field('DroppedAttributesCount', String(span.droppedAttributesCount)),
    field('DroppedEventsCount', String(span.droppedEventsCount)),
    field('DroppedLinksCount', String(span.droppedLinksCount)),
    ...attributeLines('Attributes', span.attributes),
    ...titled('Events', eventLines(span.events)),
    ...titled('Links', linkLines(span.links)),
  ];
}

function eventLines(events: Span['events']): readonly string[] {
  return events.flatMap(({ name, timeUnixNano, droppedAttributesCount, attributes }, i) => [
    `SpanEvent #${i}`,
    `     -> Name: ${name}`,
    `     -> Timestamp: ${formatTimestamp(timeUnixNano)}`,
    `     -> DroppedAttributesCount: ${droppedAttributesCount}`,
    ...nestedAttributeLines(attributes),
  ]);
}

function linkLines(links: Span['links']): readonly string[] {
  return links.flatMap(({ traceId, spanId, traceState, droppedAttributesCount, attributes }, i) => [
    `SpanLink #${i}`,
    `     -> Trace ID: ${hex(traceId)}`,
    `     -> ID: ${hex(spanId)}`,
    `     -> TraceState: ${traceState}`,
    `     -> DroppedAttributesCount: ${droppedAttributesCount}`,
    ...nestedAttributeLines(attributes),
  ]);
}

/** The second colon is the Collector's. */
function nestedAttributeLines(attributes: readonly KeyValue[]): readonly string[] {
  return attributeLines('     -> Attributes:', attributes);
}

function logLines(record: LogRecord): readonly string[] {
  return [
    `ObservedTimestamp: ${formatTimestamp(record.observedTimeUnixNano)}`,
    `Timestamp: ${formatTimestamp(record.timeUnixNano)}`,
    `SeverityText: ${record.severityText}`,
    `SeverityNumber: ${severityName(record.severityNumber)}(${record.severityNumber})`,
    ...(record.eventName === '' ? [] : [`EventName: ${record.eventName}`]),
    `Body: ${typedValueText(record.body)}`,
    ...attributeLines('Attributes', record.attributes),
    `Trace ID: ${hex(record.traceId)}`,
    `Span ID: ${hex(record.spanId)}`,
    `Flags: ${record.flags}`,
  ];
}

/** 1 is Trace, 2 Trace2 … 24 Fatal4. */
function severityName(severityNumber: number): string {
  if (severityNumber === 0) return 'Unspecified';
  const name = SEVERITIES[Math.floor((severityNumber - 1) / 4)];
  if (name === undefined) return '';
  const step = ((severityNumber - 1) % 4) + 1;
  return step === 1 ? name : `${name}${step}`;
}

function field(name: string, value: string): string {
  return `    ${name.padEnd(15)}: ${value}`;
}

function titled(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines];
}
