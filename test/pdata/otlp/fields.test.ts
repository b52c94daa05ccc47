import type protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import * as fields from '../../../src/pdata/otlp/fields.ts';
import { messageType } from '../../../src/pdata/service/message-root.ts';

const WIRE_TYPES: Readonly<Record<string, number>> = { int64: 0, uint32: 0, bool: 0, fixed32: 5, fixed64: 1, double: 1, string: 2, bytes: 2 };

/** Tag of `message.field` as `proto/` has it. */
function tagOf(path: string): number {
  const dot = path.lastIndexOf('.');
  const type: protobuf.Type = messageType(`opentelemetry.proto.${path.slice(0, dot)}`);
  const field = type.fields[path.slice(dot + 1)];
  if (field === undefined) throw new Error(`${path} is not defined`);
  const wireType = WIRE_TYPES[field.type] ?? (field.resolvedType !== null && 'values' in field.resolvedType ? 0 : 2);
  return field.id * 8 + wireType;
}

/** Each constant and the fields it stands for. */
const TABLE: Readonly<Record<keyof typeof fields, readonly string[]>> = {
  REQUEST_RESOURCE: [
    'collector.trace.v1.ExportTraceServiceRequest.resourceSpans',
    'collector.metrics.v1.ExportMetricsServiceRequest.resourceMetrics',
    'collector.logs.v1.ExportLogsServiceRequest.resourceLogs',
  ],
  RESOURCE_RESOURCE: ['trace.v1.ResourceSpans.resource', 'metrics.v1.ResourceMetrics.resource', 'logs.v1.ResourceLogs.resource'],
  RESOURCE_SCOPE: ['trace.v1.ResourceSpans.scopeSpans', 'metrics.v1.ResourceMetrics.scopeMetrics', 'logs.v1.ResourceLogs.scopeLogs'],
  SCOPE_ITEM: ['trace.v1.ScopeSpans.spans', 'metrics.v1.ScopeMetrics.metrics', 'logs.v1.ScopeLogs.logRecords'],
  SCHEMA_URL: ['trace.v1.ResourceSpans.schemaUrl', 'trace.v1.ScopeSpans.schemaUrl', 'metrics.v1.ScopeMetrics.schemaUrl', 'logs.v1.ScopeLogs.schemaUrl'],
  RESOURCE_ATTRIBUTE: ['resource.v1.Resource.attributes'],
  RESOURCE_DROPPED_ATTRIBUTES: ['resource.v1.Resource.droppedAttributesCount'],
  SCOPE_SCOPE: ['trace.v1.ScopeSpans.scope', 'metrics.v1.ScopeMetrics.scope', 'logs.v1.ScopeLogs.scope'],
  INSTRUMENTATION_SCOPE_NAME: ['common.v1.InstrumentationScope.name'],
  INSTRUMENTATION_SCOPE_VERSION: ['common.v1.InstrumentationScope.version'],
  INSTRUMENTATION_SCOPE_ATTRIBUTE: ['common.v1.InstrumentationScope.attributes'],
  INSTRUMENTATION_SCOPE_DROPPED_ATTRIBUTES: ['common.v1.InstrumentationScope.droppedAttributesCount'],
  SPAN_TRACE_ID: ['trace.v1.Span.traceId'],
  SPAN_SPAN_ID: ['trace.v1.Span.spanId'],
  SPAN_PARENT_SPAN_ID: ['trace.v1.Span.parentSpanId'],
  SPAN_NAME: ['trace.v1.Span.name'],
  SPAN_START_TIME: ['trace.v1.Span.startTimeUnixNano'],
  SPAN_END_TIME: ['trace.v1.Span.endTimeUnixNano'],
  SPAN_ATTRIBUTE: ['trace.v1.Span.attributes'],
  SPAN_DROPPED_ATTRIBUTES: ['trace.v1.Span.droppedAttributesCount'],
  SPAN_EVENT: ['trace.v1.Span.events'],
  SPAN_DROPPED_EVENTS: ['trace.v1.Span.droppedEventsCount'],
  SPAN_LINK: ['trace.v1.Span.links'],
  SPAN_DROPPED_LINKS: ['trace.v1.Span.droppedLinksCount'],
  SPAN_FLAGS: ['trace.v1.Span.flags'],
  SPAN_TRACE_STATE: ['trace.v1.Span.traceState'],
  SPAN_KIND: ['trace.v1.Span.kind'],
  SPAN_STATUS: ['trace.v1.Span.status'],
  EVENT_TIME: ['trace.v1.Span.Event.timeUnixNano'],
  EVENT_NAME: ['trace.v1.Span.Event.name'],
  EVENT_ATTRIBUTE: ['trace.v1.Span.Event.attributes'],
  EVENT_DROPPED_ATTRIBUTES: ['trace.v1.Span.Event.droppedAttributesCount'],
  STATUS_MESSAGE: ['trace.v1.Status.message'],
  STATUS_CODE: ['trace.v1.Status.code'],
  KEY_VALUE_KEY: ['common.v1.KeyValue.key'],
  KEY_VALUE_VALUE: ['common.v1.KeyValue.value'],
  ANY_STRING: ['common.v1.AnyValue.stringValue'],
  ANY_BOOL: ['common.v1.AnyValue.boolValue'],
  ANY_INT: ['common.v1.AnyValue.intValue'],
  ANY_DOUBLE: ['common.v1.AnyValue.doubleValue'],
  ANY_ARRAY: ['common.v1.AnyValue.arrayValue'],
  ANY_KVLIST: ['common.v1.AnyValue.kvlistValue'],
  ANY_BYTES: ['common.v1.AnyValue.bytesValue'],
  ARRAY_ITEM: ['common.v1.ArrayValue.values'],
  KVLIST_ENTRY: ['common.v1.KeyValueList.values'],
  METRIC_GAUGE: ['metrics.v1.Metric.gauge'],
  METRIC_SUM: ['metrics.v1.Metric.sum'],
  METRIC_HISTOGRAM: ['metrics.v1.Metric.histogram'],
  METRIC_EXPONENTIAL_HISTOGRAM: ['metrics.v1.Metric.exponentialHistogram'],
  METRIC_SUMMARY: ['metrics.v1.Metric.summary'],
  DATA_POINT: [
    'metrics.v1.Gauge.dataPoints',
    'metrics.v1.Sum.dataPoints',
    'metrics.v1.Histogram.dataPoints',
    'metrics.v1.ExponentialHistogram.dataPoints',
    'metrics.v1.Summary.dataPoints',
  ],
};

describe('tags are those of proto/', () => {
  test.each(Object.entries(TABLE))('%s', (name, paths) => {
    for (const path of paths) expect([path, tagOf(path)]).toEqual([path, fields[name as keyof typeof fields]]);
  });

  test('of every constant', () => {
    expect(Object.keys(TABLE).sort()).toEqual(Object.keys(fields).sort());
  });
});
