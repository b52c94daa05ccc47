import { describe, expect, test } from 'vitest';
import { requestType } from '../../../src/pdata/json/message-types.ts';
import { requestFromJson, requestToJson } from '../../../src/pdata/json/request-json.ts';
import type { Signal } from '../../../src/pdata/otlp/signal.ts';
import { SIGNALS } from '../../../src/pdata/otlp/signal.ts';
import { bytesOf, decodeRequest, encodeRequest, hexOf, logsOf, metricsOf, span, spansOf, tracesOf } from '../../support/otlp.ts';

const traceOf = (fields: object) => JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [fields] }] }] });
const firstSpan = (fields: object) => spansOf(requestFromJson('traces', traceOf(fields)))[0]!;

describe('reading OTLP/JSON', () => {
  test('the example of the specification: hex ids, strings for 64 bits, numbers for enums', () => {
    const json = {
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'my.service' } }] },
          scopeSpans: [
            {
              scope: { name: 'my.library', version: '1.0.0', attributes: [{ key: 'my.scope.attribute', value: { stringValue: 'some scope attribute' } }] },
              spans: [
                {
                  traceId: '5B8EFFF798038103D269B633813FC60C',
                  spanId: 'EEE19B7EC3C1B174',
                  parentSpanId: 'EEE19B7EC3C1B173',
                  name: 'I am a server span',
                  startTimeUnixNano: '1544712660000000000',
                  endTimeUnixNano: '1544712661000000000',
                  kind: 2,
                  attributes: [{ key: 'my.span.attr', value: { stringValue: 'some value' } }],
                },
              ],
            },
          ],
        },
      ],
    };
    const [read] = spansOf(requestFromJson('traces', JSON.stringify(json)));
    expect(read).toMatchObject({
      name: 'I am a server span',
      kind: 2,
      startTimeUnixNano: '1544712660000000000',
      endTimeUnixNano: '1544712661000000000',
      attributes: [{ key: 'my.span.attr', value: { stringValue: 'some value' } }],
    });
    expect(hexOf(read!.traceId)).toBe('5b8efff798038103d269b633813fc60c');
    expect(hexOf(read!.spanId)).toBe('eee19b7ec3c1b174');
    expect(hexOf(read!.parentSpanId!)).toBe('eee19b7ec3c1b173');
  });

  test('64-bit integers as numbers keep every digit', () => {
    const text = traceOf({ startTimeUnixNano: 0 }).replace('"startTimeUnixNano":0', '"name":"1, 18446744073709551615 \\" [", "startTimeUnixNano" : 1544712660123456789');
    expect(spansOf(requestFromJson('traces', text))[0]).toMatchObject({
      startTimeUnixNano: '1544712660123456789',
      name: '1, 18446744073709551615 " [',
    });
  });

  test.each([
    ['int64', { intValue: '-9223372036854775808' }, { intValue: '-9223372036854775808' }],
    ['int64 as a number', { intValue: -42 }, { intValue: '-42' }],
    ['double', { doubleValue: 1.5 }, { doubleValue: 1.5 }],
    ['double as a string', { doubleValue: '2.5' }, { doubleValue: 2.5 }],
    ['NaN', { doubleValue: 'NaN' }, { doubleValue: Number.NaN }],
    ['minus infinity', { doubleValue: '-Infinity' }, { doubleValue: Number.NEGATIVE_INFINITY }],
    ['bool', { boolValue: false }, { boolValue: false }],
    ['bytes as base64', { bytesValue: '3q2+7w==' }, { bytesValue: bytesOf('deadbeef') }],
    ['array', { arrayValue: { values: [{ stringValue: 'a' }, {}] } }, { arrayValue: { values: [{ stringValue: 'a' }, {}] } }],
    ['map', { kvlistValue: { values: [{ key: 'k', value: { intValue: 1 } }] } }, { kvlistValue: { values: [{ key: 'k', value: { intValue: '1' } }] } }],
    ['nothing', {}, {}],
    ['null', { stringValue: null }, {}],
  ])('an attribute: %s', (_what, json, value) => {
    expect(firstSpan({ attributes: [{ key: 'a', value: json }] }).attributes).toEqual([{ key: 'a', value }]);
  });

  test('keys as in the definition, names of enums, unknown keys and nulls', () => {
    const read = firstSpan({ trace_id: 'ab'.repeat(16), kind: 'SPAN_KIND_CLIENT', flags: 1, later: { version: [1] }, name: null });
    expect(hexOf(read.traceId)).toBe('ab'.repeat(16));
    expect(read).toMatchObject({ kind: 3, flags: 1 });
    expect(read).not.toHaveProperty('name');
  });

  test.each([
    ['an array', '[]', 'the request: must be an object (it is an array)'],
    ['no JSON', '{"resourceSpans": [', /JSON/],
    ['a list that is none', '{"resourceSpans": {}}', 'resourceSpans: must be an array (it is an object)'],
    ['an id that is not hex', traceOf({ traceId: 'xyz' }), 'resourceSpans[0].scopeSpans[0].spans[0].traceId: must be pairs of hex digits (it is "xyz")'],
    ['an id of half a byte', traceOf({ spanId: 'abc' }), /spanId: must be pairs of hex digits/],
    ['a name that is a number', traceOf({ name: 5 }), /spans\[0\]\.name: must be a string \(it is 5\)/],
    ['a time that is no number', traceOf({ startTimeUnixNano: 'now' }), /startTimeUnixNano: must be a whole number/],
    ['a negative time', traceOf({ startTimeUnixNano: '-1' }), /startTimeUnixNano: does not fit an unsigned integer of 64 bits/],
    ['a time of a million digits', traceOf({ startTimeUnixNano: '1'.repeat(1_000_000) }), /startTimeUnixNano: does not fit an unsigned integer/],
    ['a time of as many that is no string', `{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":${'1'.repeat(30_000_000)}}]}]}]}`, /startTimeUnixNano: does not fit an unsigned integer/],
    ['a time with a fraction', traceOf({ startTimeUnixNano: 1.5 }), /startTimeUnixNano: must be a whole number/],
    ['a count that is negative', traceOf({ droppedEventsCount: -1 }), /droppedEventsCount: must be between 0 and 4294967295/],
    ['a kind that nobody knows', traceOf({ kind: 'SERVER' }), /kind: must be the number of a SpanKind \(it is "SERVER"\)/],
    ['bytes that are not base64', traceOf({ attributes: [{ value: { bytesValue: '!' } }] }), /bytesValue: must be base64/],
    ['a double that is none', traceOf({ attributes: [{ value: { doubleValue: 'much' } }] }), /doubleValue: must be a number/],
    ['a bool that is none', traceOf({ attributes: [{ value: { boolValue: 'true' } }] }), /boolValue: must be true or false/],
    ['an event that is null', traceOf({ events: [null] }), /events\[0\]: must be an object \(it is null\)/],
  ])('%s is an error that says where', (_what, json, message) => {
    expect(() => requestFromJson('traces', json)).toThrow(message);
  });

  test('values nested without end are an error and no overflow', () => {
    const open = '{"arrayValue":{"values":[';
    const value = open.repeat(5000) + ']}}'.repeat(5000);
    const json = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"a","value":${value}}]}]}]}]}`;
    expect(() => requestFromJson('traces', json)).toThrow(/nested more than 100 deep/);
  });
});

describe('writing OTLP/JSON as the Collector does', () => {
  test('a span: order of the definition, defaults left out, messages held in place always there', () => {
    const bytes = encodeRequest('traces', {
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                {
                  flags: 257,
                  kind: 3,
                  name: 'GET <a&b>',
                  traceId: Uint8Array.from({ length: 16 }, (_, i) => i + 1),
                  spanId: new Uint8Array(8),
                  startTimeUnixNano: '1544712660123456789',
                  droppedEventsCount: 0,
                  attributes: [
                    { key: 'n', value: { intValue: '-3' } },
                    { key: 'zero', value: { intValue: 0 } },
                    { key: 'b', value: { bytesValue: Uint8Array.of(0xde, 0xad) } },
                    { key: 'nan', value: { doubleValue: Number.NaN } },
                    { key: 'none' },
                  ],
                },
              ],
            },
          ],
        },
      ],
    });
    expect(requestToJson('traces', bytes)).toBe(
      '{"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10","flags":257,' +
        '"name":"GET <a&b>","kind":3,"startTimeUnixNano":"1544712660123456789","attributes":[{"key":"n","value":{"intValue":"-3"}},' +
        '{"key":"zero","value":{"intValue":"0"}},{"key":"b","value":{"bytesValue":"3q0="}},{"key":"nan","value":{"doubleValue":"NaN"}},' +
        '{"key":"none","value":{}}],"status":{}}]}]}]}',
    );
  });

  test('optional numbers that are zero are there', () => {
    const dataPoints = [{ count: '0', sum: 0, min: 0, bucketCounts: ['1', '18446744073709551615'], explicitBounds: [0.5] }];
    const bytes = encodeRequest('metrics', {
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'h', histogram: { dataPoints, aggregationTemporality: 2 } }] }] }],
    });
    expect(requestToJson('metrics', bytes)).toBe(
      '{"resourceMetrics":[{"resource":{},"scopeMetrics":[{"scope":{},"metrics":[{"name":"h","histogram":{"dataPoints":[{"sum":0,' +
        '"bucketCounts":["1","18446744073709551615"],"explicitBounds":[0.5],"min":0}],"aggregationTemporality":2}}]}]}]}',
    );
  });

  test('a log record has a body', () => {
    const bytes = encodeRequest('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityNumber: 9 }] }] }] });
    expect(requestToJson('logs', bytes)).toBe(
      '{"resourceLogs":[{"resource":{},"scopeLogs":[{"scope":{},"logRecords":[{"severityNumber":9,"body":{}}]}]}]}',
    );
  });

  test.each(SIGNALS)('bytes that are no %s request are an error', (signal) => {
    expect(() => requestToJson(signal, Uint8Array.of(0x0a, 0x05, 0x01))).toThrow('index out of range');
  });
});

const REQUESTS: Readonly<Record<Signal, Uint8Array>> = {
  traces: encodeRequest('traces', tracesOf([span({ attributes: { a: 'b', n: 7, d: 0.25, t: true }, statusCode: 2 }), span({ name: 'ünïcode "quoted"' })])),
  metrics: encodeRequest('metrics', metricsOf(3)),
  logs: encodeRequest('logs', logsOf(3)),
};

test.each(SIGNALS)('%s written and read again say the same', (signal) => {
  const bytes = REQUESTS[signal];
  const json = requestToJson(signal, bytes);
  expect(json).not.toContain('\n');
  expect(requestToJson(signal, requestFromJson(signal, json))).toBe(json);
  expect(withoutEmpty(decodeRequest(signal, requestFromJson(signal, json)))).toEqual(withoutEmpty(decodeRequest(signal, bytes)));
});

test('what is read is a message that protobufjs holds valid', () => {
  const type = requestType('traces');
  expect(type.verify(type.decode(requestFromJson('traces', requestToJson('traces', REQUESTS.traces))))).toBeNull();
});

/** Without the empty messages that the JSON has and the bytes have not. */
function withoutEmpty(value: unknown): unknown {
  if (value instanceof Uint8Array) return hexOf(value);
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, withoutEmpty(inner)] as const);
  return Object.fromEntries(entries.filter(([, inner]) => typeof inner !== 'object' || inner === null || Object.keys(inner).length > 0));
}
