/**
 * Tags (`field number << 3 | wire type`) of the OTLP fields that are read or written here. `test/pdata/otlp/fields.test.ts`
 * holds each of them against the definitions in `proto/`.
 */

/** Export{Trace,Metrics,Logs}ServiceRequest: repeated Resource{Spans,Metrics,Logs} = 1. */
export const REQUEST_RESOURCE = 0x0a;

/** Resource{Spans,Metrics,Logs}: resource = 1, repeated Scope{Spans,Metrics,Logs} = 2, schema_url = 3. */
export const RESOURCE_RESOURCE = 0x0a;
export const RESOURCE_SCOPE = 0x12;

/** Scope{Spans,Metrics,Logs}: scope = 1, repeated {Span,Metric,LogRecord} = 2, schema_url = 3. */
export const SCOPE_ITEM = 0x12;

/** Resource{Spans,Metrics,Logs} and Scope{Spans,Metrics,Logs} alike: schema_url = 3. */
export const SCHEMA_URL = 0x1a;

/** Resource: repeated KeyValue attributes = 1, dropped_attributes_count = 2. */
export const RESOURCE_ATTRIBUTE = 0x0a;
export const RESOURCE_DROPPED_ATTRIBUTES = 0x10;

/** Scope{Spans,Metrics,Logs}: scope = 1, an InstrumentationScope: name = 1, version = 2, repeated KeyValue attributes = 3, dropped_attributes_count = 4. */
export const SCOPE_SCOPE = 0x0a;
export const INSTRUMENTATION_SCOPE_NAME = 0x0a;
export const INSTRUMENTATION_SCOPE_VERSION = 0x12;
export const INSTRUMENTATION_SCOPE_ATTRIBUTE = 0x1a;
export const INSTRUMENTATION_SCOPE_DROPPED_ATTRIBUTES = 0x20;

/** Span. */
export const SPAN_TRACE_ID = 0x0a;
export const SPAN_SPAN_ID = 0x12;
export const SPAN_TRACE_STATE = 0x1a;
export const SPAN_PARENT_SPAN_ID = 0x22;
export const SPAN_NAME = 0x2a;
export const SPAN_KIND = 0x30;
export const SPAN_START_TIME = 0x39;
export const SPAN_END_TIME = 0x41;
export const SPAN_ATTRIBUTE = 0x4a;
export const SPAN_DROPPED_ATTRIBUTES = 0x50;
export const SPAN_EVENT = 0x5a;
export const SPAN_DROPPED_EVENTS = 0x60;
export const SPAN_LINK = 0x6a;
export const SPAN_DROPPED_LINKS = 0x70;
export const SPAN_STATUS = 0x7a;
export const SPAN_FLAGS = 0x85;

/** Span.Event. */
export const EVENT_TIME = 0x09;
export const EVENT_NAME = 0x12;
export const EVENT_ATTRIBUTE = 0x1a;
export const EVENT_DROPPED_ATTRIBUTES = 0x20;

/** Status: message = 2, code = 3. */
export const STATUS_MESSAGE = 0x12;
export const STATUS_CODE = 0x18;

/** KeyValue: key = 1, value = 2. */
export const KEY_VALUE_KEY = 0x0a;
export const KEY_VALUE_VALUE = 0x12;

/** AnyValue, a oneof: the last one on the wire counts. */
export const ANY_STRING = 0x0a;
export const ANY_BOOL = 0x10;
export const ANY_INT = 0x18;
export const ANY_DOUBLE = 0x21;
export const ANY_ARRAY = 0x2a;
export const ANY_KVLIST = 0x32;
export const ANY_BYTES = 0x3a;

/** ArrayValue: repeated AnyValue values = 1. KeyValueList: repeated KeyValue values = 1. */
export const ARRAY_ITEM = 0x0a;
export const KVLIST_ENTRY = 0x0a;

/** Metric: the five kinds of data, gauge = 5, sum = 7, histogram = 9, exponential_histogram = 10, summary = 11. */
export const METRIC_GAUGE = 0x2a;
export const METRIC_SUM = 0x3a;
export const METRIC_HISTOGRAM = 0x4a;
export const METRIC_EXPONENTIAL_HISTOGRAM = 0x52;
export const METRIC_SUMMARY = 0x5a;

/** {Gauge,Sum,Histogram,ExponentialHistogram,Summary}: repeated data_points = 1. */
export const DATA_POINT = 0x0a;
