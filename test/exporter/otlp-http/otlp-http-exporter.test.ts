import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { gunzipSync, inflateSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { Component } from '../../../src/component/component.ts';
import type { Consumer } from '../../../src/consumer/consumer.ts';
import { otlpHttpExporterSchema } from '../../../src/exporter/otlp-http/config.ts';
import { factory } from '../../../src/exporter/otlp-http/factory.ts';
import { zstdCompress } from '../../../src/internal/zstd.ts';
import { requestFromJson, requestToJson } from '../../../src/pdata/json/request-json.ts';
import type { Signal } from '../../../src/pdata/otlp/signal.ts';
import { encodeExportResponse } from '../../../src/pdata/service/export-response.ts';
import { encodeRpcStatus } from '../../../src/pdata/service/rpc-status.ts';
import { exportRequest, logsOf, metricsOf } from '../../support/otlp.ts';
import type { TestSettings } from '../../support/settings.ts';
import { noDeadline, testSettings } from '../../support/settings.ts';
import { until } from '../../support/until.ts';
import { deeplyNestedRequest, spanNames, tracesRequest } from '../support.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Received {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly port: number | undefined;
}

type Answer = (response: ServerResponse) => void;

interface Backend {
  readonly url: string;
  readonly received: Received[];
  readonly server: Server;
}

const ok: Answer = (response) => void response.end();
const answer = (statusCode: number, headers: Readonly<Record<string, string>> = {}, body: Uint8Array | string = ''): Answer => (response) => void response.writeHead(statusCode, headers).end(body);

/** A backend that gives one answer after the other, and 200 when there are no more. */
async function startBackend(answers: readonly Answer[] = [], create: (listener: RequestListener) => Server = createServer): Promise<Backend> {
  const received: Received[] = [];
  const left = [...answers];
  const server = create((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ path: request.url, headers: request.headers, body: Buffer.concat(chunks), port: request.socket.remotePort });
      (left.shift() ?? ok)(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, server };
}

interface Running {
  readonly exporter: Component & Consumer;
  readonly settings: TestSettings;
}

async function startExporter(config: object, signal: Signal = 'traces'): Promise<Running> {
  const settings = testSettings('otlphttp');
  const parsed = otlpHttpExporterSchema.parse({
    compression: 'none',
    retry_on_failure: { initial_interval: '10ms', max_interval: '20ms' },
    sending_queue: { batch: { enabled: false } },
    ...config,
  });
  const exporter = factory.create(parsed, { ...settings, signal });
  cleanUps.push(() => exporter.shutdown(noDeadline(AbortSignal.timeout(0))));
  await exporter.start();
  return { exporter, settings };
}

const failed = ({ settings }: Running, reason: string): number | undefined =>
  settings.meter.value(`tailrace_exporter_failed_items{data_type="traces",exporter="otlphttp",reason="${reason}"}`);

describe('what arrives', () => {
  test.each<[string, object, Signal, string]>([
    ['an endpoint', { endpoint: '/' }, 'traces', '/v1/traces'],
    ['an endpoint with a path', { endpoint: '/otlp/' }, 'metrics', '/otlp/v1/metrics'],
    ['an address of its own', { endpoint: '/', logs_endpoint: '/ingest?key=1' }, 'logs', '/ingest?key=1'],
  ])('goes to %s', async (_, endpoints, signal, path) => {
    const backend = await startBackend();
    const absolute = Object.fromEntries(Object.entries(endpoints).map(([key, value]) => [key, `${backend.url}${String(value)}`]));
    const { exporter } = await startExporter(absolute, signal);
    const request = exportRequest(signal, signal === 'metrics' ? metricsOf(2) : logsOf(2), 2);
    await exporter.consume(request);
    await exporter.shutdown(noDeadline());
    expect(backend.received).toMatchObject([{ path, headers: { 'content-type': 'application/x-protobuf', 'user-agent': 'tailrace' }, body: Buffer.from(request.bytes) }]);
  });

  test.each([
    ['gzip', gunzipSync],
    ['deflate', inflateSync],
    ['zlib', inflateSync],
  ] as const)('is compressed with %s', async (compression, decompress) => {
    const backend = await startBackend();
    const { exporter } = await startExporter({ endpoint: backend.url, compression, compression_params: { level: 1 }, headers: { 'x-tenant': 'shop' } });
    const request = tracesRequest('a'.repeat(5000));
    await exporter.consume(request);
    await exporter.shutdown(noDeadline());
    expect(backend.received).toMatchObject([{ headers: { 'content-encoding': compression, 'x-tenant': 'shop' } }]);
    expect(decompress(backend.received[0]?.body ?? '')).toEqual(Buffer.from(request.bytes));
  });

  test.runIf(zstdCompress !== undefined)('is compressed with zstd', async () => {
    const backend = await startBackend();
    const { exporter } = await startExporter({ endpoint: backend.url, compression: 'zstd' });
    await exporter.consume(tracesRequest('a'));
    await exporter.shutdown(noDeadline());
    expect(backend.received).toMatchObject([{ headers: { 'content-encoding': 'zstd' } }]);
    expect(backend.received[0]?.body.readUInt32LE()).toBe(0xfd2fb528);
  });

  test('is JSON where that is asked for', async () => {
    const backend = await startBackend();
    const { exporter } = await startExporter({ endpoint: backend.url, encoding: 'json' });
    const request = tracesRequest('ä');
    await exporter.consume(request);
    await exporter.shutdown(noDeadline());
    expect(backend.received).toMatchObject([{ headers: { 'content-type': 'application/json' } }]);
    expect(backend.received[0]?.body.toString()).toBe(requestToJson('traces', request.bytes));
  });

  test.each([true, false])('as JSON without the one span that is nested too deep (queue: %s)', async (enabled) => {
    const backend = await startBackend();
    const running = await startExporter({ endpoint: backend.url, encoding: 'json', sending_queue: { enabled } });
    const names = Array.from({ length: 60 }, (_, i) => `span${i}`);
    await running.exporter.consume(deeplyNestedRequest(20_000, ...names));
    await running.exporter.shutdown(noDeadline());
    expect(backend.received.flatMap(({ body }) => spanNames(requestFromJson('traces', body.toString())))).toEqual(names);
    expect(failed(running, 'permanent')).toBe(1);
  });

  test.each([
    [false, 1],
    [true, 2],
  ])('comes over kept connections unless disable_keep_alives: %s', async (disable_keep_alives, connections) => {
    const backend = await startBackend();
    const { exporter, settings } = await startExporter({ endpoint: backend.url, disable_keep_alives });
    for (const count of [1, 2]) {
      await exporter.consume(tracesRequest('a'));
      await until('the answer', () => settings.meter.total('otelcol_exporter_sent_spans') === count);
    }
    expect(new Set(backend.received.map(({ port }) => port)).size).toBe(connections);
  });
});

const json = { 'content-type': 'application/json' };
const protobuf = { 'content-type': 'application/x-protobuf' };

describe('what the backend answers', () => {
  test.each([429, 502, 503, 504])('%d is tried again', async (statusCode) => {
    const backend = await startBackend([answer(statusCode), answer(statusCode)]);
    const { exporter } = await startExporter({ endpoint: backend.url });
    await exporter.consume(tracesRequest('a'));
    await exporter.shutdown(noDeadline());
    expect(backend.received).toHaveLength(3);
  });

  test.each([400, 401, 403, 404, 408, 500, 501])('%d is final', async (statusCode) => {
    const backend = await startBackend([answer(statusCode)]);
    const running = await startExporter({ endpoint: backend.url });
    await running.exporter.consume(tracesRequest('a'));
    await running.exporter.shutdown(noDeadline());
    expect(backend.received).toHaveLength(1);
    expect(failed(running, 'permanent')).toBe(1);
  });

  test('413 is sent in halves', async () => {
    const backend = await startBackend([answer(413)]);
    const { exporter, settings } = await startExporter({ endpoint: backend.url });
    await exporter.consume(tracesRequest('a', 'b'));
    await exporter.shutdown(noDeadline());
    expect(backend.received).toHaveLength(3);
    expect(settings.meter.total('otelcol_exporter_sent_spans')).toBe(2);
  });

  test.each([301, 302, 307, 308])('a redirect with %d is an error that says where to', async (statusCode) => {
    const backend = await startBackend([answer(statusCode, { location: 'http://elsewhere.test/' })]);
    const { exporter, settings } = await startExporter({ endpoint: backend.url });
    await exporter.consume(tracesRequest('a'));
    await exporter.shutdown(noDeadline());
    expect(settings.logger.lines).toMatchObject([{ fields: { error: `HTTP ${statusCode}: redirects to http://elsewhere.test/, which is not followed` } }]);
  });

  test('Retry-After is waited for', async () => {
    const backend = await startBackend([answer(503, { 'retry-after': '1' })]);
    const { exporter, settings } = await startExporter({ endpoint: backend.url });
    await exporter.consume(tracesRequest('a'));
    await until('the failure', () => settings.logger.lines.length > 0);
    expect(settings.logger.lines).toMatchObject([{ fields: { retry_in_ms: 1000 } }]);
  });

  test.each<[string, Answer, string]>([
    ['a protobuf Status', answer(400, protobuf, encodeRpcStatus({ code: 3, message: 'no such field', retryDelayMs: undefined })), 'HTTP 400: no such field'],
    ['a JSON Status', answer(400, { 'content-type': 'application/json; charset=utf-8' }, '{"code":3,"message":"no such field"}'), 'HTTP 400: no such field'],
    ['text', answer(400, { 'content-type': 'text/plain' }, 'no such field\n'), 'HTTP 400: no such field'],
    ['something else', answer(400, json, 'no JSON'), 'HTTP 400'],
    ['nothing', answer(400), 'HTTP 400'],
  ])('the reason is read from %s', async (_, said, error) => {
    const backend = await startBackend([said]);
    const { exporter, settings } = await startExporter({ endpoint: backend.url });
    await exporter.consume(tracesRequest('a'));
    await exporter.shutdown(noDeadline());
    expect(settings.logger.lines).toMatchObject([{ fields: { error, reason: 'permanent', destination: `${backend.url}/v1/traces` } }]);
  });

  test.each<[string, Answer]>([
    ['protobuf', answer(200, protobuf, encodeExportResponse(1, 'too old'))],
    ['JSON', answer(200, json, '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}')],
  ])('partial success in %s is counted and not sent again', async (_, said) => {
    const backend = await startBackend([said]);
    const running = await startExporter({ endpoint: backend.url });
    await running.exporter.consume(tracesRequest('a', 'b'));
    await running.exporter.shutdown(noDeadline());
    expect(backend.received).toHaveLength(1);
    expect(failed(running, 'rejected')).toBe(1);
    expect(running.settings.meter.total('otelcol_exporter_sent_spans')).toBe(1);
  });

  test.each<[string, Answer]>([
    ['is no protobuf', answer(200, protobuf, Buffer.from([0xff, 0xff]))],
    ['is no JSON', answer(200, json, '<html>')],
    ['is far too long', (response) => void response.writeHead(200, protobuf).end(Buffer.alloc(10 * 1024 * 1024))],
  ])('a 200 whose body %s is success all the same', async (_, said) => {
    const backend = await startBackend([said]);
    const { exporter, settings } = await startExporter({ endpoint: backend.url });
    await exporter.consume(tracesRequest('a'));
    await exporter.shutdown(noDeadline());
    expect(backend.received).toHaveLength(1);
    expect(settings.meter.total('otelcol_exporter_sent_spans')).toBe(1);
  });

  test.each<[string, Answer]>([
    ['nothing in time', () => undefined],
    ['by closing the connection', (response) => void response.destroy()],
    ['by closing it in the middle', (response) => void response.writeHead(200, { 'content-length': '10' }).write('abc', () => response.destroy())],
  ])('%s is tried again', async (_, said) => {
    const backend = await startBackend([said]);
    const { exporter, settings } = await startExporter({ endpoint: backend.url, timeout: '200ms' });
    await exporter.consume(tracesRequest('a'));
    await exporter.shutdown(noDeadline());
    expect(backend.received).toHaveLength(2);
    expect(settings.meter.total('tailrace_exporter_retries')).toBe(1);
  });

  test('a kept connection that the backend closes meanwhile costs no retry', async () => {
    const backend = await startBackend([ok, (response) => void response.socket?.destroy()]);
    const { exporter, settings } = await startExporter({ endpoint: backend.url });
    await exporter.consume(tracesRequest('a'));
    await until('the first', () => settings.meter.total('otelcol_exporter_sent_spans') === 1);
    await exporter.consume(tracesRequest('b'));
    await exporter.shutdown(noDeadline());
    expect(backend.received).toHaveLength(3);
    expect(settings.meter.total('tailrace_exporter_retries')).toBe(0);
  });
});

test('an answer before all was sent ends the connection: what is left is not sent', async () => {
  const connections: Socket[] = [];
  const server = createTcpServer((socket) => {
    connections.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.pause();
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => server.close());
  const { exporter, settings } = await startExporter({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  const request = tracesRequest('x'.repeat(32 << 20));
  await exporter.consume(request);
  await until('the answer', () => settings.meter.total('otelcol_exporter_sent_spans') === 1);
  const [socket] = connections;
  const closed = once(socket!, 'close');
  socket!.resume();
  await closed;
  expect(connections).toHaveLength(1);
  expect(socket!.bytesRead).toBeLessThan(request.bytes.length);
});

describe('tls', () => {
  const fixture = (name: string): string => fileURLToPath(new URL(`../../data/tls/${name}`, import.meta.url));
  const own = { cert: readFileSync(fixture('server.crt')), key: readFileSync(fixture('server.key')) };

  test.each<[string, object, boolean]>([
    ['sends with the authority known', { ca_file: fixture('ca.crt') }, true],
    ['sends to a name that is overridden', { ca_file: fixture('ca.crt'), server_name_override: 'backend.test' }, true],
    ['sends with nothing verified', { insecure_skip_verify: true }, true],
    ['does not send with an unknown authority', {}, false],
    ['does not send to another name', { ca_file: fixture('ca.crt'), server_name_override: 'elsewhere.test' }, false],
  ])('%s', async (_, tls, isSent) => {
    const backend = await startBackend([], (listener) => createHttpsServer(own, listener));
    const { exporter, settings } = await startExporter({ endpoint: backend.url.replace('http:', 'https:'), tls });
    await exporter.consume(tracesRequest('a'));
    await until('an end', () => settings.meter.total('otelcol_exporter_sent_spans') + settings.meter.total('tailrace_exporter_retries') > 0);
    expect(backend.received).toHaveLength(isSent ? 1 : 0);
  });
});

describe('the configuration', () => {
  test.each<[object, string, RegExp]>([
    [{}, '', /^write endpoint, or traces_endpoint/],
    [{ endpoint: 'backend:4318' }, 'endpoint', /"backend:4318" is no HTTP address: write http:\/\//],
    [{ endpoint: 'http://b', compression: 'snappy' }, 'compression', /"gzip"/],
    [{ endpoint: 'http://b', proxy_url: 'http://p' }, '', /Unrecognized key/],
  ])('refuses %j', (config, path, message) => {
    const issues = otlpHttpExporterSchema.safeParse(config).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join('.'))).toEqual([path]);
    expect(issues[0]?.message).toMatch(message);
  });

  test('zstd is refused exactly where Node.js has none', () => {
    expect(otlpHttpExporterSchema.safeParse({ endpoint: 'http://b', compression: 'zstd' }).success).toBe(zstdCompress !== undefined);
  });

  test('a signal without an address is refused when its pipeline is built', () => {
    const config = otlpHttpExporterSchema.parse({ traces_endpoint: 'http://b/t' });
    expect(() => factory.create(config, { ...testSettings('otlphttp'), signal: 'logs' })).toThrow('there is no address for logs: write endpoint or logs_endpoint');
  });
});
