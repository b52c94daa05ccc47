import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Host } from '../../../src/component/factory.ts';
import { healthCheckConfig } from '../../../src/extension/health-check/config.ts';
import { HealthCheck } from '../../../src/extension/health-check/health-check.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { testSettings } from '../../support/settings.ts';

const running: HealthCheck[] = [];

afterEach(async () => {
  for (const extension of running.splice(0)) await extension.shutdown();
});

async function startHealthCheck(config: object) {
  let state: ReturnType<Host['state']> = 'starting';
  const clock = new ManualClock(Date.UTC(2026, 0, 2, 3, 4, 5));
  const parsed = healthCheckConfig.parse({ endpoint: '127.0.0.1:0', ...config });
  const extension = new HealthCheck(parsed, testSettings('health_check', clock), { state: () => state });
  running.push(extension);
  await extension.start();
  const get = async (path: string) => {
    const response = await fetch(`http://${extension.addresses()['http']}${path}`);
    return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
  };
  return { extension, clock, get, become: (next: typeof state) => (state = next) };
}

describe('health_check', () => {
  test('answers 503 until ready, 200 while ready, 503 when stopping', async () => {
    const { get, become, clock } = await startHealthCheck({});
    const unavailable = { status: 'Server not available', upSince: '0001-01-01T00:00:00Z', uptime: '' };
    const starting = await get('/');
    expect(starting).toMatchObject({ status: 503, type: 'application/json' });
    expect(JSON.parse(starting.body)).toEqual(unavailable);

    become('ready');
    clock.tick(3_723_500);
    const ready = await get('/');
    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.body)).toEqual({ status: 'Server available', upSince: '2026-01-02T03:04:05.000Z', uptime: '1h2m3.5s' });

    become('stopping');
    expect(await get('/')).toMatchObject({ status: 503, body: JSON.stringify(unavailable) });
  });

  test.each([
    ['/', '/', 200],
    ['/', '/any?x=1', 200],
    ['/health', '/health', 200],
    ['/health', '/health?verbose=1', 200],
    ['/health', '/', 404],
    ['/health', '/health/more', 404],
    ['/health/', '/health/more', 200],
  ])('configured at %s, %s answers %i', async (path, asked, status) => {
    const { get, become } = await startHealthCheck({ path });
    become('ready');
    expect(await get(asked)).toMatchObject({ status });
  });

  test('fixed bodies take the place of the report', async () => {
    const { get, become } = await startHealthCheck({ response_body: { healthy: 'fine', unhealthy: 'not yet' } });
    expect(await get('/')).toMatchObject({ status: 503, body: 'not yet' });
    become('ready');
    expect(await get('/')).toMatchObject({ status: 200, body: 'fine' });
  });

  test('a port that is taken is an error that names the key', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const { port } = other.address() as AddressInfo;
    try {
      await expect(startHealthCheck({ endpoint: `127.0.0.1:${port}` })).rejects.toThrow(
        new RegExp(`^endpoint: cannot listen on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE`),
      );
    } finally {
      other.close();
    }
  });

  test('after shutdown nothing listens, and it may be called twice and without start', async () => {
    const { extension, get } = await startHealthCheck({});
    await extension.shutdown();
    await extension.shutdown();
    expect(extension.addresses()).toEqual({});
    await expect(get('/')).rejects.toThrow('fetch failed');
    const never = new HealthCheck(healthCheckConfig.parse({}), testSettings('health_check'), { state: () => 'starting' });
    await expect(never.shutdown()).resolves.toBeUndefined();
  });

  test.each([
    [{ path: 'health' }, 'path', /must start with \//],
    [{ endpoint: 'localhost' }, 'endpoint', /host:port/],
    [{ port: 13133 }, '', /port/],
  ])('%j is refused at "%s"', (config, path, message) => {
    const issue = healthCheckConfig.safeParse(config).error?.issues[0];
    expect(issue?.path.join('.')).toBe(path);
    expect(issue?.message).toMatch(message);
  });

  test.each([true, false])('the block that files carry over from older Collectors is accepted (enabled: %s)', (enabled) => {
    const config = { check_collector_pipeline: { enabled, interval: '5m', exporter_failure_threshold: 5 } };
    expect(healthCheckConfig.parse(config).endpoint).toBe('localhost:13133');
  });
});
