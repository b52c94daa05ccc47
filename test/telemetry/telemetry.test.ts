import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { telemetryConfig } from '../../src/telemetry/config.ts';
import { acceptedFormat } from '../../src/telemetry/metrics-server.ts';
import type { Telemetry } from '../../src/telemetry/telemetry.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { noDeadline } from '../support/settings.ts';
import { parseExposition } from './exposition.ts';

const running: Telemetry[] = [];

afterEach(async () => {
  for (const telemetry of running.splice(0)) await telemetry.shutdown(noDeadline());
});

function create(config: object, clock = new ManualClock()): Telemetry {
  const parsed = telemetryConfig.parse({ logs: { level: 'fatal' }, ...config });
  const telemetry = createTelemetry(parsed, { name: 'tailrace', version: '1.2.3' }, clock);
  running.push(telemetry);
  return telemetry;
}

const reader = (prometheus: object): object => ({ pull: { exporter: { prometheus: { host: '127.0.0.1', port: 0, ...prometheus } } } });

async function scrape(address: string | undefined, headers: Record<string, string> = {}): Promise<{ text: string; type: string | null }> {
  const response = await fetch(`http://${address}/metrics`, { headers });
  expect(response.status).toBe(200);
  return { text: await response.text(), type: response.headers.get('content-type') };
}

describe('telemetry', () => {
  test('serves the metrics of the process and of components', async () => {
    const clock = new ManualClock();
    const telemetry = create({ metrics: { readers: [reader({ without_units: true })] } }, clock);
    const definition = { name: 'test_items', kind: 'counter', unit: '{items}', help: 'Items', labels: [] } as const;
    telemetry.meter.counter(definition, {}).add(4);
    await telemetry.start();
    clock.tick(500);
    const { text, type } = await scrape(telemetry.addresses()['metrics']);
    const { samples, types } = parseExposition(text);
    expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(samples['test_items_total']).toBe(4);
    expect(samples['otelcol_process_memory_rss']).toBeGreaterThan(1e6);
    expect(samples['otelcol_process_runtime_heap_alloc_bytes']).toBeGreaterThan(1e6);
    expect(samples['otelcol_process_cpu_seconds_total']).toBeGreaterThan(0);
    expect(samples['otelcol_process_uptime_total']).toBeGreaterThan(0);
    expect(samples['tailrace_process_event_loop_active_seconds_total']).toBeGreaterThan(0);
    expect(samples['tailrace_process_event_loop_delay_seconds_count']).toBe(5);
    expect(samples[`tailrace_build_info{version="1.2.3",node_version="${process.version}"}`]).toBe(1);
    expect(types['otelcol_process_uptime_total']).toBe('counter');
    const target = Object.keys(samples).find((series) => series.startsWith('target_info{'));
    expect(target).toMatch(/service_name="tailrace",service_version="1\.2\.3",service_instance_id="[0-9a-f-]{36}"/);
  });

  test('each reader has its own names and labels', async () => {
    const telemetry = create({
      resource: { 'deployment.environment': 'prod', 'service.instance.id': null },
      metrics: {
        readers: [
          reader({}),
          reader({ without_type_suffix: true, without_units: true, with_resource_constant_labels: { included: ['deploy*', 'service.*'], excluded: ['service.version'] } }),
        ],
      },
    });
    await telemetry.start();
    const { metrics: first, 'metrics/1': second } = telemetry.addresses();
    expect(parseExposition((await scrape(first)).text).samples['otelcol_process_uptime_seconds_total']).toBeGreaterThan(0);
    const { samples } = parseExposition((await scrape(second)).text);
    expect(samples['otelcol_process_uptime{service_name="tailrace",deployment_environment="prod"}']).toBeGreaterThan(0);
  });

  test('OpenMetrics is served to who prefers it', async () => {
    const telemetry = create({ metrics: { readers: [reader({})] } });
    await telemetry.start();
    const accept = 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1';
    const { text, type } = await scrape(telemetry.addresses()['metrics'], { accept });
    expect(type).toMatch(/^application\/openmetrics-text/);
    expect(text.endsWith('# EOF\n')).toBe(true);
  });

  test.each([
    [undefined, 'prometheus'],
    ['*/*', 'prometheus'],
    ['text/plain', 'prometheus'],
    ['application/openmetrics-text', 'openmetrics'],
    ['application/openmetrics-text;q=0.2, text/plain;q=0.9', 'prometheus'],
    ['application/openmetrics-text;q=0', 'prometheus'],
  ])('Accept %s gets %s', (accept, format) => {
    expect(acceptedFormat(accept)).toBe(format);
  });

  test.each([
    ['/', 'GET', 404],
    ['/metrics', 'POST', 405],
    ['/metrics?x=1', 'GET', 200],
    ['/metrics', 'HEAD', 200],
  ])('%s %s answers %i', async (path, method, status) => {
    const telemetry = create({ metrics: { readers: [reader({})] } });
    await telemetry.start();
    const response = await fetch(`http://${telemetry.addresses()['metrics']}${path}`, { method });
    expect(response.status).toBe(status);
  });

  test('a metric that cannot be read is an answer 500, and the server lives on', async () => {
    const telemetry = create({ metrics: { readers: [reader({})] } });
    const definition = { name: 'test_broken', kind: 'gauge', unit: '1', help: 'Broken', labels: [] } as const;
    const end = telemetry.meter.observe(definition, {}, () => {
      throw new Error('boom');
    });
    await telemetry.start();
    const url = `http://${telemetry.addresses()['metrics']}/metrics`;
    expect((await fetch(url)).status).toBe(500);
    end();
    expect((await fetch(url)).status).toBe(200);
  });

  test('level none serves nothing, and metrics can still be made', async () => {
    const telemetry = create({ metrics: { level: 'none' } });
    await telemetry.start();
    expect(telemetry.addresses()).toEqual({});
    expect(() => telemetry.meter.counter({ name: 'x', kind: 'counter', unit: '1', help: 'x', labels: [] }, {}).add(1)).not.toThrow();
  });

  test('a port that is taken fails the start and names the key; shutdown is still safe', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const { port } = other.address() as AddressInfo;
    try {
      const telemetry = create({ metrics: { readers: [reader({}), reader({ port })] } });
      await expect(telemetry.start()).rejects.toThrow(
        new RegExp(`^metrics\\.readers\\[1\\]\\.pull\\.exporter\\.prometheus: cannot listen on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE`),
      );
    } finally {
      other.close();
    }
  });

  test('shutdown may be called twice and without start, and leaves no timer', async () => {
    const clock = new ManualClock();
    const telemetry = create({ metrics: { readers: [reader({})] } }, clock);
    await create({}).shutdown(noDeadline());
    await telemetry.start();
    await telemetry.shutdown(noDeadline());
    await telemetry.shutdown(noDeadline());
    expect(clock.pendingTimers).toBe(0);
    expect(telemetry.addresses()).toEqual({});
  });
});
