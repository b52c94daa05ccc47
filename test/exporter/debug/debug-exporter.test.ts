import { describe, expect, test } from 'vitest';
import { debugExporterSchema } from '../../../src/exporter/debug/config.ts';
import { DebugSender } from '../../../src/exporter/debug/debug-sender.ts';
import { factory } from '../../../src/exporter/debug/factory.ts';
import type { ExportRequest } from '../../../src/pdata/otlp/export-request.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { attributesOf, bytesOf, exportRequest, logsOf } from '../../support/otlp.ts';
import { testSettings } from '../../support/settings.ts';
import { deeplyNestedRequest, tracesRequest } from '../support.ts';

const START = '1581452772000000321';
const END = '1581452773000000789';
const TRACE_ID = '0102030405060708090a0b0c0d0e0f10';
const SPAN_ID = '1112131415161718';

const traces = exportRequest(
  'traces',
  {
    resourceSpans: [
      {
        resource: { attributes: attributesOf({ 'service.name': 'shop' }) },
        schemaUrl: 'https://opentelemetry.io/schemas/1.25.0',
        scopeSpans: [
          {
            scope: { name: 'lib', version: '1.2', attributes: attributesOf({ tier: 'web' }) },
            spans: [
              {
                traceId: bytesOf(TRACE_ID),
                spanId: bytesOf(SPAN_ID),
                traceState: 'ot=th:0',
                name: 'operationA',
                kind: 2,
                startTimeUnixNano: START,
                endTimeUnixNano: END,
                status: { code: 2, message: 'status-cancelled' },
                attributes: attributesOf({ 'http.route': '/cart', retries: 3, cached: false, ratio: 0.25 }),
                droppedAttributesCount: 1,
                droppedEventsCount: 2,
                events: [
                  { name: 'event-with-attr', timeUnixNano: '1581452773000000123', attributes: attributesOf({ a: 'b' }), droppedAttributesCount: 2 },
                  { name: 'event' },
                ],
              },
              { name: 'operationB', links: [{ traceId: bytesOf(TRACE_ID), traceState: 'x=y', attributes: attributesOf({ c: 'd' }), droppedAttributesCount: 4 }] },
            ],
          },
        ],
      },
    ],
  },
  2,
);

/** What is written to the standard output. */
async function plainText(config: object, ...requests: readonly ExportRequest[]): Promise<string> {
  let text = '';
  const output = { write: (more: string) => (text += more) };
  const parsed = debugExporterSchema.parse({ use_internal_logger: false, ...config });
  const sender = new DebugSender(parsed, testSettings('debug').logger, new ManualClock(), output);
  for (const request of requests) await sender.send(request);
  return text;
}

describe('traces', () => {
  test('basic', async () => {
    expect(await plainText({}, traces)).toBe('Traces\t{"resource spans": 1, "spans": 2}\n');
  });

  test('normal', async () => {
    expect(await plainText({ verbosity: 'normal' }, traces)).toBe(`Traces\t{"resource spans": 1, "spans": 2}
ResourceTraces #0 [https://opentelemetry.io/schemas/1.25.0] service.name=shop
ScopeTraces #0 lib@1.2 tier=web
operationA ${TRACE_ID} ${SPAN_ID} http.route=/cart retries=3 cached=false ratio=0.25
operationB  ${''}

`);
  });

  test('detailed', async () => {
    expect(await plainText({ verbosity: 'detailed' }, traces)).toBe(`Traces\t{"resource spans": 1, "spans": 2}
ResourceSpans #0
Resource SchemaURL: https://opentelemetry.io/schemas/1.25.0
Resource attributes:
     -> service.name: Str(shop)
ScopeSpans #0
ScopeSpans SchemaURL: ${''}
InstrumentationScope lib 1.2
InstrumentationScope attributes:
     -> tier: Str(web)
Span #0
    Trace ID       : 0102030405060708090a0b0c0d0e0f10
    Parent ID      : ${''}
    ID             : 1112131415161718
    Name           : operationA
    Kind           : Server
    TraceState     : ot=th:0
    Start time     : 2020-02-11 20:26:12.000000321 +0000 UTC
    End time       : 2020-02-11 20:26:13.000000789 +0000 UTC
    Status code    : Error
    Status message : status-cancelled
    DroppedAttributesCount: 1
    DroppedEventsCount: 2
    DroppedLinksCount: 0
Attributes:
     -> http.route: Str(/cart)
     -> retries: Int(3)
     -> cached: Bool(false)
     -> ratio: Double(0.25)
Events:
SpanEvent #0
     -> Name: event-with-attr
     -> Timestamp: 2020-02-11 20:26:13.000000123 +0000 UTC
     -> DroppedAttributesCount: 2
     -> Attributes::
          -> a: Str(b)
SpanEvent #1
     -> Name: event
     -> Timestamp: 1970-01-01 00:00:00 +0000 UTC
     -> DroppedAttributesCount: 0
Span #1
    Trace ID       : ${''}
    Parent ID      : ${''}
    ID             : ${''}
    Name           : operationB
    Kind           : Unspecified
    Start time     : 1970-01-01 00:00:00 +0000 UTC
    End time       : 1970-01-01 00:00:00 +0000 UTC
    Status code    : Unset
    Status message : ${''}
    DroppedAttributesCount: 0
    DroppedEventsCount: 0
    DroppedLinksCount: 0
Links:
SpanLink #0
     -> Trace ID: 0102030405060708090a0b0c0d0e0f10
     -> ID: ${''}
     -> TraceState: x=y
     -> DroppedAttributesCount: 4
     -> Attributes::
          -> c: Str(d)

`);
  });
});

const points = { startTimeUnixNano: START, timeUnixNano: END };
const exemplar = { timeUnixNano: '1581452773000000123', traceId: bytesOf(TRACE_ID), spanId: bytesOf(SPAN_ID), filteredAttributes: attributesOf({ at: 'x' }) };
const metrics = exportRequest(
  'metrics',
  {
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: [
              { name: 'gauge', unit: '1', description: 'now', gauge: { dataPoints: [{ ...points, asInt: '123', attributes: attributesOf({ l: 'v', m: 'w' }) }, { ...points, asDouble: 1.23 }] } },
              { name: 'sum', sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints: [{ ...points, asDouble: 1e-7, exemplars: [{ ...exemplar, asDouble: 15 }] }] } },
              {
                name: 'histogram',
                histogram: { aggregationTemporality: 1, dataPoints: [{ ...points, count: 1, sum: 15, min: 15, max: 15, explicitBounds: [1], bucketCounts: [0, 1] }, { ...points, count: 1 }] },
              },
              {
                name: 'exponential',
                exponentialHistogram: {
                  aggregationTemporality: 1,
                  dataPoints: [{ ...points, count: 5, sum: 0.15, scale: 1, zeroCount: 1, positive: { offset: 1, bucketCounts: [1, 1] }, negative: { offset: -1, bucketCounts: [1, 1] } }],
                },
              },
              { name: 'summary', summary: { dataPoints: [{ ...points, count: 1, sum: 15, quantileValues: [{ quantile: 0.01, value: 15 }] }] } },
              { name: 'none' },
            ],
          },
        ],
      },
    ],
  },
  7,
);

describe('metrics', () => {
  test('basic', async () => {
    expect(await plainText({}, metrics)).toBe('Metrics\t{"resource metrics": 1, "metrics": 6, "data points": 7}\n');
  });

  test('normal', async () => {
    const text = await plainText({ verbosity: 'normal' }, metrics);
    expect(text.split('\n').slice(1)).toEqual([
      'ResourceMetrics #0',
      'ScopeMetrics #0',
      'gauge{l=v,m=w} 123',
      'gauge{} 1.23',
      'sum{} 1e-07',
      'histogram{} count=1 sum=15 min=15 max=15 le1=0 1',
      'histogram{} count=1',
      'exponential{} count=5 sum=0.15',
      'summary{} count=1 sum=15.000000 q0.01=15',
      '',
      '',
    ]);
  });

  test('detailed', async () => {
    const text = await plainText({ verbosity: 'detailed' }, metrics);
    const times = 'StartTimestamp: 2020-02-11 20:26:12.000000321 +0000 UTC\nTimestamp: 2020-02-11 20:26:13.000000789 +0000 UTC\n';
    expect(text).toContain(`Metric #0
Descriptor:
     -> Name: gauge
     -> Description: now
     -> Unit: 1
     -> DataType: Gauge
NumberDataPoints #0
Data point attributes:
     -> l: Str(v)
     -> m: Str(w)
${times}Value: 123
NumberDataPoints #1
${times}Value: 1.230000
Metric #1
Descriptor:
     -> Name: sum
     -> Description: ${''}
     -> Unit: ${''}
     -> DataType: Sum
     -> IsMonotonic: true
     -> AggregationTemporality: Cumulative
NumberDataPoints #0
${times}Value: 0.000000
Exemplars:
Exemplar #0
     -> Trace ID: ${TRACE_ID}
     -> Span ID: ${SPAN_ID}
     -> Timestamp: 2020-02-11 20:26:13.000000123 +0000 UTC
     -> Value: 15.000000
     -> FilteredAttributes:
          -> at: Str(x)
`);
    expect(text).toContain(`HistogramDataPoints #0
${times}Count: 1
Sum: 15.000000
Min: 15.000000
Max: 15.000000
ExplicitBounds #0: 1.000000
Buckets #0, Count: 0
Buckets #1, Count: 1
HistogramDataPoints #1
${times}Count: 1
`);
    expect(text).toContain(`ExponentialHistogramDataPoints #0
${times}Count: 5
Sum: 0.150000
Bucket [-1.414214, -1.000000), Count: 1
Bucket [-1.000000, -0.707107), Count: 1
Bucket [0, 0], Count: 1
Bucket (1.414214, 2.000000], Count: 1
Bucket (2.000000, 2.828427], Count: 1
`);
    expect(text).toContain(`SummaryDataPoints #0
${times}Count: 1
Sum: 15.000000
QuantileValue #0: Quantile 0.010000, Value 15.000000
Metric #5
Descriptor:
     -> Name: none
     -> Description: ${''}
     -> Unit: ${''}
     -> DataType: Empty
`);
  });
});

describe('logs', () => {
  const map = { kvlistValue: { values: [...attributesOf({ b: '<x>' }), { key: 'a', value: { arrayValue: { values: [{ intValue: 1 }, { doubleValue: 1.5 }, {}] } } }] } };
  const record = { timeUnixNano: END, severityText: 'INFO', severityNumber: 10, eventName: 'my.event', body: map, attributes: [{ key: 'raw', value: { bytesValue: bytesOf('ff00') } }], flags: 1 };
  const logs = exportRequest('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }, 1);

  test('basic', async () => {
    expect(await plainText({}, exportRequest('logs', logsOf(3), 3))).toBe('Logs\t{"resource logs": 1, "log records": 3}\n');
  });

  test('normal', async () => {
    const text = await plainText({ verbosity: 'normal' }, logs);
    expect(text.split('\n').slice(1)).toEqual(['ResourceLog #0', 'ScopeLog #0', '{"a":[1,1.5,null],"b":"\\u003cx\\u003e"} raw=/wA=', '', '']);
  });

  test('detailed', async () => {
    const text = await plainText({ verbosity: 'detailed' }, logs);
    expect(text.slice(text.indexOf('LogRecord #0'))).toBe(`LogRecord #0
ObservedTimestamp: 1970-01-01 00:00:00 +0000 UTC
Timestamp: 2020-02-11 20:26:13.000000789 +0000 UTC
SeverityText: INFO
SeverityNumber: Info2(10)
EventName: my.event
Body: Map({"a":[1,1.5,null],"b":"\\u003cx\\u003e"})
Attributes:
     -> raw: Bytes(/wA=)
Trace ID: ${''}
Span ID: ${''}
Flags: 1

`);
  });
});

describe('how much is written', () => {
  test.each([
    [{}, 7],
    [{ sampling_initial: 2, sampling_thereafter: 0 }, 2],
    [{ sampling_initial: 1, sampling_thereafter: 3 }, 3],
    [{ sampling_initial: 0, sampling_thereafter: 7 }, 1],
  ])('of seven requests within a second with %j: %d', async (config, lines) => {
    const text = await plainText(config, ...Array.from({ length: 7 }, () => traces));
    expect(text.split('\n')).toHaveLength(lines + 1);
  });

  test('starts anew each second', async () => {
    const clock = new ManualClock();
    const settings = testSettings('debug', clock);
    const config = debugExporterSchema.parse({ sampling_initial: 1, sampling_thereafter: 0 });
    const exporter = factory.create(config, { ...settings, signal: 'traces' });
    for (const ms of [0, 500, 499, 1, 999]) {
      clock.tick(ms);
      await exporter.consume(tracesRequest('a'));
    }
    expect(settings.logger.lines).toHaveLength(2);
    expect(settings.meter.total('otelcol_exporter_sent_spans')).toBe(5);
  });
});

test('writes through the log by default', async () => {
  const settings = testSettings('debug');
  const exporter = factory.create(debugExporterSchema.parse({ verbosity: 'normal' }), { ...settings, signal: 'traces' });
  await exporter.consume(traces);
  expect(settings.logger.lines).toMatchObject([
    { level: 'info', message: 'Traces', fields: { 'resource spans': 1, spans: 2 } },
    { level: 'info', message: expect.stringContaining('operationA') },
  ]);
});

test.each(['basic', 'detailed'])('refuses at verbosity %s what is no OTLP', async (verbosity) => {
  const exporter = factory.create(debugExporterSchema.parse({ verbosity }), { ...testSettings('debug'), signal: 'traces' });
  const broken: ExportRequest = { signal: 'traces', bytes: Uint8Array.of(0x0a, 0xff), itemCount: 1, retainable: true, scan: undefined };
  await expect(exporter.consume(broken)).rejects.toMatchObject({ code: 'malformed' });
});

test.each(['normal', 'detailed'])('writes at verbosity %s any number of attributes', async (verbosity) => {
  const attributes = Array.from({ length: 200_000 }, (_, i) => ({ key: `k${i}`, value: { intValue: i } }));
  const request = exportRequest('traces', { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [{ name: 'wide', attributes }] }] }] }, 1);
  const text = await plainText({ verbosity }, request);
  expect(text.match(/k199999\b/g)).toHaveLength(2);
});

test.each(['normal', 'detailed'])('loses at verbosity %s only the span that is nested too deep', async (verbosity) => {
  const settings = testSettings('debug');
  const exporter = factory.create(debugExporterSchema.parse({ verbosity }), { ...settings, signal: 'traces' });
  await exporter.consume(deeplyNestedRequest(20_000, 'a', 'b', 'c', 'd'));
  expect(settings.meter.total('otelcol_exporter_sent_spans')).toBe(4);
  expect(settings.meter.total('tailrace_exporter_failed_items')).toBe(1);
});

test.each(['Detailed', 'DETAILED', 'detailed'])('takes verbosity %s, as the Collector does', (verbosity) => {
  expect(debugExporterSchema.parse({ verbosity }).verbosity).toBe('detailed');
});

test('refuses loglevel, which the Collector replaced by verbosity', () => {
  expect(debugExporterSchema.safeParse({ loglevel: 'debug' }).success).toBe(false);
});
