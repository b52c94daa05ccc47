import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import type { Component } from '../../../src/component/component.ts';
import type { Consumer } from '../../../src/consumer/consumer.ts';
import { otlpExporterSchema } from '../../../src/exporter/otlp/config.ts';
import { factory } from '../../../src/exporter/otlp/factory.ts';
import type { Signal } from '../../../src/pdata/otlp/signal.ts';
import { exportMethod } from '../../../src/pdata/service/export-method.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { exportRequest, logsOf, metricsOf } from '../../support/otlp.ts';
import type { TestSettings } from '../../support/settings.ts';
import { noDeadline, testSettings } from '../../support/settings.ts';
import type { SinkAnswer } from '../../support/sink.ts';
import { OtlpSink } from '../../support/sink.ts';
import { until } from '../../support/until.ts';
import { spanNames, tracesRequest } from '../support.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Running {
  readonly exporter: Component & Consumer;
  readonly settings: TestSettings;
}

async function startExporter(endpoint: string, config: object = {}, signal: Signal = 'traces', settings: TestSettings = testSettings('otlp')): Promise<Running> {
  const parsed = otlpExporterSchema.parse({
    endpoint,
    tls: { insecure: true },
    retry_on_failure: { initial_interval: '10ms', max_interval: '20ms' },
    sending_queue: { batch: { enabled: false } },
    ...config,
  });
  const exporter = factory.create(parsed, { ...settings, signal });
  cleanUps.push(() => exporter.shutdown(noDeadline(AbortSignal.timeout(0))));
  await exporter.start();
  return { exporter, settings };
}

async function startSink(...answers: SinkAnswer[]): Promise<OtlpSink> {
  const sink = await OtlpSink.start();
  sink.answer = () => answers.shift() ?? { kind: 'accept' };
  cleanUps.push(() => sink.stop());
  return sink;
}

const failed = ({ settings }: Running, reason: string): number | undefined =>
  settings.meter.value(`tailrace_exporter_failed_items{data_type="traces",exporter="otlp",reason="${reason}"}`);

describe('what arrives', () => {
  test.each(['gzip', 'none'])('with compression %s the bytes are those that came in', async (compression) => {
    const sink = await startSink();
    const { exporter } = await startExporter(sink.endpoint, { compression });
    const request = tracesRequest('a', 'b'.repeat(5000));
    await exporter.consume(request);
    await exporter.shutdown(noDeadline());
    expect(sink.bytesOf('traces').map((bytes) => Buffer.from(bytes))).toEqual([Buffer.from(request.bytes)]);
  });

  test.each([
    ['1500ms', '1500m'],
    ['48h', '172800S'],
    ['0s', undefined],
  ])('with a timeout of %s the backend is told %s', async (timeout, told) => {
    const seen: unknown[] = [];
    const server = createServer();
    server.on('stream', (stream, headers) => {
      seen.push(headers['grpc-timeout']);
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '0' }, { endStream: true });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanUps.push(() => server.close());
    const { exporter } = await startExporter(`127.0.0.1:${(server.address() as AddressInfo).port}`, { timeout });
    await exporter.consume(tracesRequest('a'));
    await until('the request', () => seen.length > 0);
    expect(seen).toEqual([told]);
  });

  // A message on the wire: compressed or not in one byte, its length in four. https://grpc.github.io/grpc/core/md_doc__p_r_o_t_o_c_o_l-_h_t_t_p2.html
  test.each([
    ['gzip', 'gzip', 1],
    ['none', 'identity', 0],
  ])('with compression %s the message says so', async (compression, encoding, flag) => {
    const seen: { encoding: unknown; body: Buffer }[] = [];
    const server = createServer();
    server.on('stream', (stream, headers) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        seen.push({ encoding: headers['grpc-encoding'] ?? 'identity', body: Buffer.concat(chunks) });
        stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '0' }, { endStream: true });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanUps.push(() => server.close());
    const { exporter } = await startExporter(`127.0.0.1:${(server.address() as AddressInfo).port}`, { compression });
    const request = tracesRequest('a'.repeat(5000));
    await exporter.consume(request);
    await until('the request', () => seen.length > 0);
    const message = seen[0]?.body.subarray(5) ?? Buffer.alloc(0);
    expect(seen[0]).toMatchObject({ encoding });
    expect(seen[0]?.body[0]).toBe(flag);
    expect(flag === 1 ? gunzipSync(message) : message).toEqual(Buffer.from(request.bytes));
  });

  test.each([
    ['metrics', metricsOf(3)],
    ['logs', logsOf(3)],
  ] as const)('%s too', async (signal, message) => {
    const sink = await startSink();
    const { exporter, settings } = await startExporter(sink.endpoint, {}, signal);
    const request = exportRequest(signal, message, 3);
    await exporter.consume(request);
    await exporter.shutdown(noDeadline());
    expect(sink.bytesOf(signal).map((bytes) => Buffer.from(bytes))).toEqual([Buffer.from(request.bytes)]);
    expect(settings.meter.total(signal === 'metrics' ? 'otelcol_exporter_sent_metric_points' : 'otelcol_exporter_sent_log_records')).toBe(3);
  });

  test('requests joined by default', async () => {
    const sink = await startSink();
    const { exporter } = await startExporter(sink.endpoint, { sending_queue: {} });
    for (const name of ['a', 'b', 'c']) await exporter.consume(tracesRequest(name));
    await exporter.shutdown(noDeadline());
    expect(sink.bytesOf('traces').map(spanNames)).toEqual([['a', 'b', 'c']]);
  });

  test('a request beyond gRPC\'s usual 4 MiB, with its headers', async () => {
    const sink = await startSink();
    const { exporter } = await startExporter(sink.endpoint, { compression: 'none', headers: { 'X-Tenant': 'shop', 'x-number': 7 } });
    await exporter.consume(tracesRequest('x'.repeat(6 * 1024 * 1024)));
    await exporter.shutdown(noDeadline());
    const [request] = sink.requests;
    expect(request?.bytes.length).toBeGreaterThan(6 * 1024 * 1024);
    expect(request?.metadata.get('x-tenant')).toEqual(['shop']);
    expect(request?.metadata.get('x-number')).toEqual(['7']);
    expect(String(request?.metadata.get('user-agent'))).toMatch(/^tailrace /);
  });
});

describe('what the backend answers', () => {
  test.each<[string, SinkAnswer]>([
    ['UNAVAILABLE', { kind: 'refuse', code: status.UNAVAILABLE, message: 'starting' }],
    ['ABORTED', { kind: 'refuse', code: status.ABORTED, message: 'again' }],
    ['DATA_LOSS', { kind: 'refuse', code: status.DATA_LOSS, message: 'again' }],
    ['RESOURCE_EXHAUSTED with RetryInfo', { kind: 'refuse', code: status.RESOURCE_EXHAUSTED, message: 'full', retryDelayMs: 5 }],
  ])('%s is tried again', async (_, answer) => {
    const sink = await startSink(answer, answer);
    const { exporter } = await startExporter(sink.endpoint);
    await exporter.consume(tracesRequest('a'));
    await exporter.shutdown(noDeadline());
    expect(sink.seen).toBe(3);
    expect(sink.bytesOf('traces').map(spanNames)).toEqual([['a']]);
  });

  test.each<[string, SinkAnswer]>([
    ['INVALID_ARGUMENT', { kind: 'refuse', code: status.INVALID_ARGUMENT, message: 'bad' }],
    ['UNAUTHENTICATED', { kind: 'refuse', code: status.UNAUTHENTICATED, message: 'who?' }],
    ['UNIMPLEMENTED', { kind: 'refuse', code: status.UNIMPLEMENTED, message: 'what?' }],
    ['INTERNAL', { kind: 'refuse', code: status.INTERNAL, message: 'oops' }],
    ['RESOURCE_EXHAUSTED without RetryInfo', { kind: 'refuse', code: status.RESOURCE_EXHAUSTED, message: 'quota' }],
  ])('%s is final', async (_, answer) => {
    const sink = await startSink(answer);
    const running = await startExporter(sink.endpoint);
    await running.exporter.consume(tracesRequest('a'));
    await running.exporter.shutdown(noDeadline());
    expect(sink.seen).toBe(1);
    expect(failed(running, 'permanent')).toBe(1);
  });

  test('RetryInfo\'s delay is waited for', async () => {
    const sink = await startSink({ kind: 'refuse', code: status.UNAVAILABLE, message: 'later', retryDelayMs: 123 });
    const { exporter, settings } = await startExporter(sink.endpoint);
    await exporter.consume(tracesRequest('a'));
    await exporter.shutdown(noDeadline());
    expect(settings.logger.lines).toMatchObject([{ fields: { retry_in_ms: 123, error: 'UNAVAILABLE: later' } }]);
    expect(sink.requests).toHaveLength(1);
  });

  test('partial success is counted and not sent again', async () => {
    const sink = await startSink({ kind: 'partial', rejectedItems: 1, message: 'too old' });
    const running = await startExporter(sink.endpoint);
    await running.exporter.consume(tracesRequest('a', 'b'));
    await running.exporter.shutdown(noDeadline());
    expect(sink.seen).toBe(1);
    expect(failed(running, 'rejected')).toBe(1);
    expect(running.settings.meter.total('otelcol_exporter_sent_spans')).toBe(1);
  });

  test('no answer within the timeout is tried again', async () => {
    const clock = new ManualClock();
    const sink = await startSink({ kind: 'hang' });
    const { exporter, settings } = await startExporter(sink.endpoint, { timeout: '100ms' }, 'traces', testSettings('otlp', clock));
    await exporter.consume(tracesRequest('a'));
    await until('the first attempt', () => sink.seen === 1);
    clock.tick(100);
    await until('the end of the first attempt', () => settings.meter.total('tailrace_exporter_retries') === 1);
    clock.tick(20);
    await until('the answer to the second', () => sink.requests.length === 1);
    await exporter.shutdown(noDeadline());
    expect(sink.bytesOf('traces').map(spanNames)).toEqual([['a']]);
    expect(sink.seen).toBe(2);
    expect(settings.logger.lines).toMatchObject([{ fields: { error: 'no answer within 100 ms' } }]);
  });

  test('a message larger than the backend takes is sent in parts', async () => {
    const server = new Server({ 'grpc.max_receive_message_length': 2000 });
    const names: string[] = [];
    server.addService(
      { export: exportMethod('traces') },
      {
        export: (call: { request: Uint8Array }, done: (error: null, response: Uint8Array) => void) => {
          names.push(...spanNames(call.request));
          done(null, new Uint8Array());
        },
      },
    );
    const port = await bind(server, '127.0.0.1:0', ServerCredentials.createInsecure());
    const { exporter, settings } = await startExporter(`127.0.0.1:${port}`, { compression: 'none' });
    const sent = ['a', 'b', 'c', 'd'].map((name) => name.repeat(900));
    await exporter.consume(tracesRequest(...sent));
    await exporter.shutdown(noDeadline());
    expect(names).toEqual(sent);
    expect(settings.meter.total('otelcol_exporter_sent_spans')).toBe(4);
  });
});

describe('a backend that is not there', () => {
  test('is waited for and found when it comes back', async () => {
    const gone = await OtlpSink.start();
    const { port, endpoint } = gone;
    gone.stop();
    const { exporter, settings } = await startExporter(endpoint);
    await exporter.consume(tracesRequest('a'));
    await until('a retry', () => settings.meter.total('tailrace_exporter_retries') > 0);
    const back = await OtlpSink.start(port);
    cleanUps.push(() => back.stop());
    await until('the request', () => back.requests.length === 1);
    expect(settings.logger.lines[0]).toMatchObject({ level: 'warn', fields: { destination: endpoint, items: 1 } });
  });

  test('does not hold up a stop beyond its deadline; what could not be sent is counted', async () => {
    const sink = await startSink({ kind: 'hang' });
    const running = await startExporter(sink.endpoint);
    await running.exporter.consume(tracesRequest('a'));
    await until('the request', () => sink.seen === 1);
    await running.exporter.shutdown(noDeadline(AbortSignal.timeout(20)));
    expect(failed(running, 'shutdown')).toBe(1);
    expect(running.settings.meter.total('tailrace_exporter_queued_items')).toBe(0);
  });

  test('that dies in the middle of a request gets it again', async () => {
    const sink = await startSink({ kind: 'hang' });
    const { exporter } = await startExporter(sink.endpoint);
    await exporter.consume(tracesRequest('a'));
    await until('the request', () => sink.seen === 1);
    sink.stop();
    const back = await OtlpSink.start(sink.port);
    cleanUps.push(() => back.stop());
    await until('the request again', () => back.seen > 0);
    expect(back.bytesOf('traces').map(spanNames)).toEqual([['a']]);
  });
});

const fixture = (name: string): string => fileURLToPath(new URL(`../../data/tls/${name}`, import.meta.url));

async function startTlsServer(requireClientCertificate: boolean): Promise<{ readonly port: number; readonly names: string[] }> {
  const names: string[] = [];
  const server = new Server();
  server.addService(
    { export: exportMethod('traces') },
    {
      export: (call: { request: Uint8Array }, done: (error: null, response: Uint8Array, trailer: Metadata) => void) => {
        names.push(...spanNames(call.request));
        done(null, new Uint8Array(), new Metadata());
      },
    },
  );
  const pair = { cert_chain: readFileSync(fixture('server.crt')), private_key: readFileSync(fixture('server.key')) };
  const port = await bind(server, '127.0.0.1:0', ServerCredentials.createSsl(readFileSync(fixture('ca.crt')), [pair], requireClientCertificate));
  return { port, names };
}

function bind(server: Server, address: string, credentials: ServerCredentials): Promise<number> {
  cleanUps.push(() => server.forceShutdown());
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => (error === null ? resolve(port) : reject(error)));
  });
}

describe('tls', () => {
  const ca_file = fixture('ca.crt');
  const client = { cert_file: fixture('client.crt'), key_file: fixture('client.key') };

  test.each<[string, string, object, boolean]>([
    ['the authority known', 'localhost', { ca_file }, false],
    ['the endpoint with https://', 'https://localhost', { ca_file }, false],
    ['https:// and insecure with an authority', 'https://localhost', { insecure: true, ca_file }, false],
    ['another name in the certificate, overridden', '127.0.0.1', { ca_file, server_name_override: 'backend.test' }, false],
    ['nothing verified', 'localhost', { insecure_skip_verify: true }, false],
    ['a certificate of its own', 'localhost', { ca_file, ...client }, true],
  ])('sends with %s', async (_, host, tls, requireClientCertificate) => {
    const { port, names } = await startTlsServer(requireClientCertificate);
    const { exporter } = await startExporter(`${host}:${port}`, { tls });
    await exporter.consume(tracesRequest('a'));
    await exporter.shutdown(noDeadline());
    expect(names).toEqual(['a']);
  });

  test.each<[string, object, boolean]>([
    ['an unknown authority', {}, false],
    ['a name that is not in the certificate', { ca_file, server_name_override: 'elsewhere.test' }, false],
    ['no certificate of its own', { ca_file }, true],
    ['no TLS', { insecure: true }, false],
  ])('does not send with %s', async (_, tls, requireClientCertificate) => {
    const { port, names } = await startTlsServer(requireClientCertificate);
    const { exporter, settings } = await startExporter(`localhost:${port}`, { tls });
    await exporter.consume(tracesRequest('a'));
    await until('a failure', () => settings.meter.total('tailrace_exporter_retries') > 0);
    expect(names).toEqual([]);
  });

  test('says at start that a file is missing', async () => {
    await expect(startExporter('localhost:4317', { tls: { ca_file: '/nowhere/ca.pem' } })).rejects.toThrow('tls.ca_file: cannot read /nowhere/ca.pem');
  });

  test('warns where http:// does not mean what it seems to', async () => {
    const { settings } = await startExporter('http://localhost:4317', { tls: {} });
    expect(settings.logger.lines).toMatchObject([{ level: 'warn', message: expect.stringContaining('tls: {insecure: true}') }]);
  });
});

test.runIf(existsSync('/tmp'))('sends over a Unix socket', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tailrace-otlp-'));
  cleanUps.push(() => rmSync(directory, { recursive: true }));
  const names: string[] = [];
  const server = new Server();
  server.addService(
    { export: exportMethod('traces') },
    {
      export: (call: { request: Uint8Array }, done: (error: null, response: Uint8Array) => void) => {
        names.push(...spanNames(call.request));
        done(null, new Uint8Array());
      },
    },
  );
  await bind(server, `unix://${directory}/otlp.sock`, ServerCredentials.createInsecure());
  const { exporter } = await startExporter(`unix://${directory}/otlp.sock`);
  await exporter.consume(tracesRequest('a'));
  await exporter.shutdown(noDeadline());
  expect(names).toEqual(['a']);
});

describe('the configuration', () => {
  test.each(['backend:4317', 'http://backend:4317', 'https://[::1]:4317', 'dns:///backend:4317', 'unix:///run/otlp.sock', 'passthrough:///backend:4317'])('takes %s', (endpoint) => {
    expect(otlpExporterSchema.safeParse({ endpoint }).success).toBe(true);
  });

  test.each<[object, string, RegExp]>([
    [{ endpoint: 'backend' }, 'endpoint', /"backend" is no gRPC endpoint: write host:port/],
    [{ endpoint: 'http://backend:4317/v1/traces' }, 'endpoint', /is no gRPC endpoint/],
    [{}, 'endpoint', /expected string/],
    [{ endpoint: 'b:1', compression: 'zstd' }, 'compression', /cannot compress with zstd: write gzip or none, or use otlphttp/],
    [{ endpoint: 'b:1', compression: 'brotli' }, 'compression', /"gzip"\|"none"/],
    [{ endpoint: 'b:1', headers: { 'a b': 'c' } }, 'headers.a b', /"a b" is no name of a header/],
    [{ endpoint: 'b:1', headers: { token: 'secret\n' } }, 'headers.token', /^a header's value is printable ASCII on one line$/],
    [{ endpoint: 'b:1', sending_queue: { wait_for_result: true } }, 'sending_queue.wait_for_result', /^is not supported: write enabled: false/],
    [{ endpoint: 'b:1', insecure: true }, '', /Unrecognized key/],
    [{ endpoint: 'b:1', auth: { authenticator: 'x' } }, '', /Unrecognized key/],
  ])('refuses %j', (config, path, message) => {
    const issues = otlpExporterSchema.safeParse(config).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join('.'))).toEqual([path]);
    expect(issues[0]?.message).toMatch(message);
  });

  test('takes empty blocks and an empty compression for what they are in the Collector', () => {
    const empty = otlpExporterSchema.parse({ endpoint: 'b:1', compression: '', retry_on_failure: null, sending_queue: { batch: null } });
    expect(empty).toEqual({ ...otlpExporterSchema.parse({ endpoint: 'b:1' }), compression: 'none' });
  });

  test('takes headers as a list too', () => {
    const { headers } = otlpExporterSchema.parse({ endpoint: 'b:1', headers: [{ name: 'x-tenant', value: 'shop' }] });
    expect(headers).toEqual({ 'x-tenant': 'shop' });
  });
});
