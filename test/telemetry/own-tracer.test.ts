import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { telemetryConfig } from '../../src/telemetry/config.ts';
import { ownAddress } from '../../src/telemetry/own-address.ts';
import type { Telemetry } from '../../src/telemetry/telemetry.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { decodeRequest, spansOf } from '../support/otlp.ts';
import { noDeadline } from '../support/settings.ts';
import { OtlpSink } from '../support/sink.ts';

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

function create(traces: object): Telemetry {
  const config = telemetryConfig.parse({ logs: { level: 'fatal' }, metrics: { level: 'none' }, traces });
  const telemetry = createTelemetry(config, { name: 'tailrace', version: '1.2.3' }, new ManualClock());
  cleanUps.push(() => telemetry.shutdown(noDeadline()));
  return telemetry;
}

async function startSink(): Promise<OtlpSink> {
  const sink = await OtlpSink.start();
  cleanUps.push(() => sink.stop());
  return sink;
}

function processorTo(endpoint: string, more: object = {}): object {
  return { batch: { schedule_delay: 60_000, exporter: { otlp: { protocol: 'grpc', endpoint, insecure: true, ...more } } } };
}

describe('own traces', () => {
  test('operations arrive as spans, when the shutdown flushes them at the latest', async () => {
    const sink = await startSink();
    const telemetry = create({ processors: [processorTo(sink.endpoint, { headers: [{ name: 'x-key', value: 'secret' }], compression: 'gzip' })] });
    await telemetry.start();
    const received = telemetry.tracer.startSpan('receive', 'server');
    received?.setAttribute('items', 3);
    received?.end();
    telemetry.tracer.startSpan('export', 'client')?.end(new TypeError('refused'));
    await telemetry.shutdown(noDeadline());

    const spans = sink.bytesOf('traces').flatMap((bytes) => [...spansOf(bytes)]);
    expect(spans.map(({ name, kind, status }) => ({ name, kind, code: status?.code, message: status?.message }))).toEqual([
      { name: 'receive', kind: 2, code: 0, message: undefined },
      { name: 'export', kind: 3, code: 2, message: 'refused' },
    ]);
    expect(spans.map(({ parentSpanId }) => parentSpanId?.length ?? 0)).toEqual([0, 0]);
    expect(sink.requests[0]?.metadata.get('x-key')).toEqual(['secret']);
    const resource = decodeRequest('traces', sink.requests[0]!.bytes).resourceSpans?.[0]?.resource;
    expect(resource?.['attributes']).toContainEqual({ key: 'service.name', value: { stringValue: 'tailrace' } });
  });

  test('a part of the operations is recorded', async () => {
    const sink = await startSink();
    const telemetry = create({ processors: [processorTo(sink.endpoint)], sampler: { trace_id_ratio_based: { ratio: 0.5 } } });
    await telemetry.start();
    const recorded = Array.from({ length: 400 }, () => telemetry.tracer.startSpan('decide', 'internal')).filter((span) => span !== undefined);
    expect(recorded.length).toBeGreaterThan(120);
    expect(recorded.length).toBeLessThan(280);
  });

  test.each([
    ['without a processor', {}],
    ['at level none', { level: 'none', processors: [processorTo('localhost:1')] }],
    ['with the sampler always_off', { sampler: { always_off: {} }, processors: [processorTo('localhost:1')] }],
  ])('%s nothing is recorded', async (_, traces) => {
    const telemetry = create(traces);
    expect(telemetry.tracer.startSpan('early', 'internal')).toBeUndefined();
    await telemetry.start();
    expect(telemetry.tracer.startSpan('decide', 'internal')).toBeUndefined();
  });

  test('a destination that is not there is said in the log, in one line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tailrace-traces-'));
    cleanUps.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'log');
    const config = telemetryConfig.parse({
      logs: { output_paths: [path] },
      metrics: { level: 'none' },
      traces: { processors: [processorTo('127.0.0.1:1', { timeout: 500 })] },
    });
    const telemetry = createTelemetry(config, { name: 'tailrace', version: '1.2.3' }, new ManualClock());
    await telemetry.start();
    telemetry.tracer.startSpan('export', 'client')?.end();
    await telemetry.shutdown(noDeadline());
    expect(readFileSync(path, 'utf8')).toMatch(/\twarn\tOwn traces could not be sent\t\{"component":"telemetry","error":"[^"]{1,300}"\}\n$/);
  });

  test('a destination that does not answer holds no shutdown beyond its deadline', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', resolve);
    });
    cleanUps.push(() => silent.close());
    const telemetry = create({ processors: [processorTo(`127.0.0.1:${(silent.address() as AddressInfo).port}`)] });
    await telemetry.start();
    telemetry.tracer.startSpan('export', 'client')?.end();
    const deadline = new AbortController();
    const stopped = telemetry.shutdown(noDeadline(deadline.signal));
    deadline.abort();
    await expect(stopped).resolves.toBeUndefined();
  });

  test('the own receiver as a destination is refused', () => {
    const telemetry = create({ processors: [processorTo('http://localhost:4317')] });
    const addresses = { 'receivers.otlp.grpc': '127.0.0.1:4317', 'receivers.otlp.http': '127.0.0.1:4318' };
    expect(() => telemetry.refuseOwnReceivers(addresses)).toThrow(
      /^traces\.processors\[0\]\.batch\.exporter\.otlp\.endpoint: localhost:4317 is a receiver of this process \(127\.0\.0\.1:4317\)/,
    );
    expect(() => telemetry.refuseOwnReceivers({ 'receivers.otlp.grpc': '127.0.0.1:4316' })).not.toThrow();
  });

  test('a certificate that cannot be read fails the start and names the key', async () => {
    const telemetry = create({ processors: [processorTo('https://localhost:1', { certificate: '/nowhere/ca.pem' })] });
    await expect(telemetry.start()).rejects.toThrow(/^traces\.processors\[0\]\.batch\.exporter\.otlp\.certificate: cannot read \/nowhere\/ca\.pem: ENOENT/);
  });
});

describe('whether an address is one of ours', () => {
  test.each([
    ['localhost:4317', '127.0.0.1:4317', true],
    ['[::1]:4317', 'localhost:4317', true],
    ['127.0.0.1:4317', '0.0.0.0:4317', true],
    [`${hostname()}:4317`, '[::]:4317', true],
    ['10.1.2.3:4317', '10.1.2.3:4317', true],
    ['localhost:4317', '127.0.0.1:4318', false],
    ['backend:4317', '0.0.0.0:4317', false],
    ['localhost:4317', '10.1.2.3:4317', false],
  ])('%s when %s listens: %s', (destination, listening, isOwn) => {
    expect(ownAddress(destination, [listening])).toBe(isOwn ? listening : undefined);
  });
});
