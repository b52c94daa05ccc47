import { Agent, request as httpRequest } from 'node:http';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConsumeError } from '../../../src/consumer/consume-error.ts';
import { requestToJson } from '../../../src/pdata/json/request-json.ts';
import { SIGNALS } from '../../../src/pdata/otlp/signal.ts';
import { decodeExportResponse } from '../../../src/pdata/service/export-response.ts';
import { decodeRpcStatus } from '../../../src/pdata/service/rpc-status.ts';
import { FailingConsumer } from '../../support/consumers.ts';
import { decodeRequest, encodeRequest, id, logsOf, metricsOf, span, spansOf, tracesOf } from '../../support/otlp.ts';
import { JSON_TYPE, PROTOBUF, sendOverHttp, startReceiver } from './start-receiver.ts';
import { runFrame, storedFrame } from './zstd-frames.ts';

const REQUESTS = {
  traces: { bytes: encodeRequest('traces', tracesOf([span(), span()])), items: 2, counter: 'spans' },
  metrics: { bytes: encodeRequest('metrics', metricsOf(3)), items: 3, counter: 'metric_points' },
  logs: { bytes: encodeRequest('logs', logsOf(4)), items: 4, counter: 'log_records' },
} as const;
const TRACES = REQUESTS.traces.bytes;

const LABELS = '{receiver="otlp",transport="http"}';

describe('what is taken', () => {
  test.each(SIGNALS)('%s as protobuf arrive as the bytes that were sent, and are counted', async (signal) => {
    const { sink, settings, httpPort } = await startReceiver();
    const { bytes, items, counter } = REQUESTS[signal];
    const result = await sendOverHttp(httpPort, `/v1/${signal}`, bytes, { headers: PROTOBUF });
    expect(result).toMatchObject({ status: 200, headers: { 'content-type': 'application/x-protobuf', 'content-length': '0' } });
    expect(sink.requests).toMatchObject([{ signal, itemCount: items }]);
    expect(Buffer.from(sink.requests[0]!.bytes)).toEqual(Buffer.from(bytes));
    expect(settings.meter.value(`otelcol_receiver_accepted_${counter}${LABELS}`)).toBe(items);
    expect(settings.meter.total('tailrace_receiver_in_flight_requests')).toBe(0);
  });

  test.each(SIGNALS)('%s as JSON arrive as protobuf', async (signal) => {
    const { sink, httpPort } = await startReceiver();
    const json = requestToJson(signal, REQUESTS[signal].bytes);
    const result = await sendOverHttp(httpPort, `/v1/${signal}`, json, { headers: { 'Content-Type': 'application/json; charset=utf-8' } });
    expect(result).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
    expect(result.body.toString()).toBe('{}');
    expect(sink.requests).toMatchObject([{ signal, itemCount: REQUESTS[signal].items }]);
    expect(requestToJson(signal, sink.requests[0]!.bytes)).toBe(json);
  });

  test.each([
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
    ['zlib', deflateSync],
    ['zstd', storedFrame],
    ['identity', (bytes: Uint8Array) => bytes],
  ])('encoded as %s', async (encoding, encode) => {
    const { sink, httpPort } = await startReceiver();
    const headers = { ...PROTOBUF, 'Content-Encoding': encoding };
    expect(await sendOverHttp(httpPort, '/v1/traces', encode(TRACES), { headers })).toMatchObject({ status: 200 });
    expect(Buffer.from(sink.requests[0]!.bytes)).toEqual(Buffer.from(TRACES));
  });

  test('a compressed body that is large, and one that becomes large', async () => {
    const { sink, httpPort } = await startReceiver();
    const headers = { ...PROTOBUF, 'Content-Encoding': 'gzip' };
    const noise = Array.from({ length: 20_000 }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 0).toString(36)).join('');
    for (const name of [noise, 'x'.repeat(3_000_000)]) {
      const bytes = encodeRequest('traces', tracesOf([span({ name })]));
      expect(await sendOverHttp(httpPort, '/v1/traces', gzipSync(bytes), { headers })).toMatchObject({ status: 200 });
      expect(spansOf(sink.requests.pop()!.bytes)[0]?.name).toBe(name);
    }
  });

  test('a body in pieces without a length', async () => {
    const { sink, httpPort } = await startReceiver();
    const status = await new Promise((resolve, reject) => {
      const sending = httpRequest({ host: '127.0.0.1', port: httpPort, path: '/v1/traces', method: 'POST', headers: PROTOBUF }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sending.on('error', reject);
      sending.write(TRACES.subarray(0, 10));
      setImmediate(() => sending.end(TRACES.subarray(10)));
    });
    expect(status).toBe(200);
    expect(Buffer.from(sink.requests[0]!.bytes)).toEqual(Buffer.from(TRACES));
  });

  test('an empty request', async () => {
    const { sink, httpPort } = await startReceiver();
    expect(await sendOverHttp(httpPort, '/v1/traces', '', { headers: PROTOBUF })).toMatchObject({ status: 200 });
    expect(await sendOverHttp(httpPort, '/v1/traces', '{}', { headers: JSON_TYPE })).toMatchObject({ status: 200 });
    expect(sink.requests).toHaveLength(0);
  });

  test('paths of its own, with a query', async () => {
    const { sink, httpPort } = await startReceiver({ http: { traces_url_path: '/otlp/traces' } });
    expect(await sendOverHttp(httpPort, '/otlp/traces?source=a', TRACES, { headers: PROTOBUF })).toMatchObject({ status: 200 });
    expect(await sendOverHttp(httpPort, '/v1/traces', TRACES, { headers: PROTOBUF })).toMatchObject({ status: 404 });
    expect(sink.itemCount).toBe(2);
  });

  test('many requests on one connection', async () => {
    const { sink, httpPort } = await startReceiver();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    for (let i = 0; i < 3; i++) await sendOverHttp(httpPort, '/v1/traces', TRACES, { headers: PROTOBUF, agent });
    expect(sink.requests).toHaveLength(3);
  });

  test.each([
    [PROTOBUF, (body: Buffer) => decodeExportResponse(body)],
    [
      JSON_TYPE,
      (body: Buffer) => {
        const { partialSuccess } = JSON.parse(body.toString()) as { partialSuccess: { rejectedSpans: string; errorMessage: string } };
        return { rejectedItems: Number(partialSuccess.rejectedSpans), errorMessage: partialSuccess.errorMessage };
      },
    ],
  ])('spans with invalid ids are told as partial success in %o', async (headers, decode) => {
    const { sink, httpPort } = await startReceiver();
    const bytes = encodeRequest('traces', tracesOf([span(), span({ traceId: id(0, 16) })]));
    const body = headers === PROTOBUF ? bytes : requestToJson('traces', bytes);
    const result = await sendOverHttp(httpPort, '/v1/traces', body, { headers });
    expect(result.status).toBe(200);
    expect(decode(result.body)).toEqual({ rejectedItems: 1, errorMessage: expect.stringContaining('1 of 2 spans have an invalid id') });
    expect(sink.requests[0]!.itemCount).toBe(1);
  });
});

describe('what is refused', () => {
  const gzip = { ...PROTOBUF, 'Content-Encoding': 'gzip' };
  const small = { http: { max_request_body_size: 1000 } };

  test.each([
    ['another path', '/v1/profiles', TRACES, { headers: PROTOBUF }, 404, 'unknown_path', {}],
    ['GET', '/v1/traces', '', { method: 'GET', headers: PROTOBUF }, 405, 'wrong_method', {}],
    ['another content type', '/v1/traces', TRACES, { headers: { 'Content-Type': 'text/plain' } }, 415, 'unsupported_content_type', {}],
    ['no content type', '/v1/traces', TRACES, {}, 415, 'unsupported_content_type', {}],
    ['an unknown encoding', '/v1/traces', TRACES, { headers: { ...PROTOBUF, 'Content-Encoding': 'br' } }, 415, 'unsupported_content_encoding', {}],
    ['an encoding not allowed', '/v1/traces', gzipSync(TRACES), { headers: gzip }, 415, 'unsupported_content_encoding', { http: { compression_algorithms: [''] } }],
    ['malformed protobuf', '/v1/traces', TRACES.subarray(1), { headers: PROTOBUF }, 400, 'malformed', {}],
    ['malformed JSON', '/v1/traces', '{"resourceSpans":', { headers: JSON_TYPE }, 400, 'malformed', {}],
    ['broken gzip', '/v1/traces', TRACES, { headers: gzip }, 400, 'malformed', {}],
    ['cut gzip', '/v1/traces', gzipSync(TRACES).subarray(0, 40), { headers: gzip }, 400, 'malformed', {}],
    ['broken zstd', '/v1/traces', TRACES, { headers: { ...PROTOBUF, 'Content-Encoding': 'zstd' } }, 400, 'malformed', {}],
    ['a long body', '/v1/traces', Buffer.alloc(2000), { headers: { ...PROTOBUF, 'Content-Length': 2000 } }, 413, 'too_large', small],
    ['a long body without a length', '/v1/traces', Buffer.alloc(2000), { headers: { ...PROTOBUF, 'Transfer-Encoding': 'chunked' } }, 413, 'too_large', small],
    ['a gzip bomb', '/v1/traces', gzipSync(Buffer.alloc(100_000)), { headers: gzip }, 413, 'too_large', small],
    ['a large gzip bomb', '/v1/traces', gzipSync(Buffer.alloc(100_000_000)), { headers: gzip }, 413, 'too_large', {}],
    ['a zstd bomb', '/v1/traces', runFrame(100_000, 10), { headers: { ...PROTOBUF, 'Content-Encoding': 'zstd' } }, 413, 'too_large', small],
  ] as const)('%s', async (_what, path, body, options, status, reason, config) => {
    const { sink, settings, httpPort } = await startReceiver(config);
    const result = await sendOverHttp(httpPort, path, body, options);
    expect(result.status).toBe(status);
    expect(settings.meter.value(`tailrace_receiver_refused_requests{reason="${reason}",receiver="otlp",transport="http"}`)).toBe(1);
    expect(settings.meter.total('tailrace_receiver_refused_requests')).toBe(1);
    expect(sink.requests).toHaveLength(0);
  });

  test('the next request after one that was too long, on the same connection', async () => {
    const { sink, httpPort } = await startReceiver({ http: { max_request_body_size: 1000 } });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    expect(await sendOverHttp(httpPort, '/v1/traces', Buffer.alloc(500_000), { headers: PROTOBUF, agent })).toMatchObject({ status: 413 });
    expect(await sendOverHttp(httpPort, '/v1/traces', TRACES, { headers: PROTOBUF, agent })).toMatchObject({ status: 200 });
    expect(sink.requests).toHaveLength(1);
  });

  test('a signal that no pipeline takes is not found', async () => {
    const { sink } = await startReceiver();
    const { httpPort } = await startReceiver({ next: { traces: sink } });
    expect(await sendOverHttp(httpPort, '/v1/logs', REQUESTS.logs.bytes, { headers: PROTOBUF })).toMatchObject({ status: 404 });
  });

  test('the error comes in the media type of the request, precise', async () => {
    const { httpPort } = await startReceiver();
    const asProtobuf = await sendOverHttp(httpPort, '/v1/traces', TRACES.subarray(1), { headers: PROTOBUF });
    expect(asProtobuf.headers['content-type']).toBe('application/x-protobuf');
    expect(decodeRpcStatus(asProtobuf.body)).toMatchObject({ code: 3, message: expect.stringMatching(/no valid protobuf message: .* at byte \d+/) });
    const asJson = await sendOverHttp(httpPort, '/v1/traces', '{"resourceSpans":5}', { headers: JSON_TYPE });
    expect(asJson.headers['content-type']).toBe('application/json');
    expect(JSON.parse(asJson.body.toString())).toEqual({
      code: 3,
      message: 'the request is no valid OTLP/JSON: resourceSpans: must be an array (it is 5)',
    });
    const asText = await sendOverHttp(httpPort, '/v1/traces', '', { method: 'PUT' });
    expect(asText).toMatchObject({ status: 405, headers: { allow: 'POST', 'content-type': 'text/plain' } });
    expect(asText.body.toString()).toBe('method PUT is not supported: use POST');
  });
});

describe('what the pipeline refuses', () => {
  test.each([
    [new ConsumeError('overloaded', 'full', { retryAfterMs: 2500 }), 429, '3', 2500],
    [new ConsumeError('overloaded', 'full'), 429, '1', 1000],
    [new ConsumeError('unavailable', 'stopping'), 503, '1', undefined],
    [new ConsumeError('timeout', 'slow', { retryAfterMs: 30_000 }), 504, '30', 30_000],
    [new ConsumeError('rejected', 'never'), 422, undefined, undefined],
    [new ConsumeError('internal', 'a defect'), 500, undefined, undefined],
  ] as const)('%o becomes status %i with Retry-After %s', async (consumeError, status, retryAfter, retryDelayMs) => {
    const { httpPort } = await startReceiver({ next: { traces: new FailingConsumer(consumeError) } });
    const result = await sendOverHttp(httpPort, '/v1/traces', TRACES, { headers: PROTOBUF });
    expect(result.status).toBe(status);
    expect(result.headers['retry-after']).toBe(retryAfter);
    expect(decodeRpcStatus(result.body)).toMatchObject({ message: consumeError.message, retryDelayMs });
  });

  test('RetryInfo in JSON', async () => {
    const next = { traces: new FailingConsumer(new ConsumeError('overloaded', 'full', { retryAfterMs: 1500 })) };
    const { httpPort } = await startReceiver({ next });
    const result = await sendOverHttp(httpPort, '/v1/traces', requestToJson('traces', TRACES), { headers: JSON_TYPE });
    expect(JSON.parse(result.body.toString())).toEqual({
      code: 8,
      message: 'full',
      details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' }],
    });
  });
});

describe('web pages', () => {
  const preflight = (origin: string, headers = 'content-type,x-tenant') => ({
    method: 'OPTIONS',
    headers: { Origin: origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': headers },
  });
  const cors = { allowed_origins: ['https://*.example.com', 'http://localhost:8080'], allowed_headers: ['X-Tenant'], max_age: 7200 };

  test('an allowed origin may ask and send', async () => {
    const { sink, httpPort } = await startReceiver({ http: { cors } });
    const asked = await sendOverHttp(httpPort, '/v1/traces', '', preflight('https://app.example.com', 'content-type, X-Tenant, x-other'));
    expect(asked).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': 'https://app.example.com',
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'content-type, x-tenant',
        'access-control-max-age': '7200',
        vary: 'Origin',
      },
    });
    const sent = await sendOverHttp(httpPort, '/v1/traces', TRACES, { headers: { ...PROTOBUF, Origin: 'http://localhost:8080' } });
    expect(sent).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': 'http://localhost:8080' } });
    expect(sink.itemCount).toBe(2);
  });

  test.each(['https://example.com', 'https://app.example.com.evil.net', 'https://appXexample.com'])('%s may not', async (origin) => {
    const { httpPort } = await startReceiver({ http: { cors } });
    const asked = await sendOverHttp(httpPort, '/v1/traces', '', preflight(origin));
    expect(asked.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('all origins and headers', async () => {
    const { httpPort } = await startReceiver({ http: { cors: { allowed_origins: ['*'], allowed_headers: ['*'] } } });
    const asked = await sendOverHttp(httpPort, '/v1/traces', '', preflight('https://any.where'));
    expect(asked.headers).toMatchObject({ 'access-control-allow-origin': '*', 'access-control-allow-headers': 'content-type, x-tenant' });
    expect(asked.headers).not.toHaveProperty('access-control-allow-credentials');
  });

  test('without cors a preflight is a request like any other', async () => {
    const { httpPort } = await startReceiver();
    expect(await sendOverHttp(httpPort, '/v1/traces', '', preflight('https://any.where'))).toMatchObject({ status: 405 });
  });
});

test('every answer carries the configured headers; connections can be for one request', async () => {
  const { httpPort } = await startReceiver({ http: { response_headers: { 'X-Served-By': 'tailrace' }, keep_alives_enabled: false } });
  const result = await sendOverHttp(httpPort, '/v1/traces', TRACES, { headers: PROTOBUF });
  expect(result.headers).toMatchObject({ 'x-served-by': 'tailrace', connection: 'close' });
});

test('the JSON of the specification goes in as the protobuf that it is', async () => {
  const { sink, httpPort } = await startReceiver();
  const json = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","name":"s","startTimeUnixNano":1544712660123456789}]}]}]}';
  await sendOverHttp(httpPort, '/v1/traces', json, { headers: JSON_TYPE });
  expect(decodeRequest('traces', sink.requests[0]!.bytes).resourceSpans?.[0]?.scopeSpans?.[0]?.spans?.[0]).toMatchObject({
    name: 's',
    startTimeUnixNano: '1544712660123456789',
  });
});
