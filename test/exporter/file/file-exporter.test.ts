import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Component } from '../../../src/component/component.ts';
import type { Consumer } from '../../../src/consumer/consumer.ts';
import type { FileExporterConfig } from '../../../src/exporter/file/config.ts';
import { fileExporterSchema } from '../../../src/exporter/file/config.ts';
import { factory } from '../../../src/exporter/file/factory.ts';
import { zstdCompress } from '../../../src/internal/zstd.ts';
import { requestFromJson, requestToJson } from '../../../src/pdata/json/request-json.ts';
import type { Signal } from '../../../src/pdata/otlp/signal.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { exportRequest, logsOf, metricsOf } from '../../support/otlp.ts';
import type { TestSettings } from '../../support/settings.ts';
import { noDeadline, testSettings } from '../../support/settings.ts';
import { deeplyNestedRequest, spanNames, tracesRequest } from '../support.ts';

let directory = '';
let path = '';
let clock = new ManualClock();
const running: Component[] = [];
beforeEach(() => {
  clock = new ManualClock(Date.UTC(2022, 8, 14, 5, 2, 14, 173));
  directory = mkdtempSync(join(tmpdir(), 'tailrace-file-'));
  path = join(directory, 'out.json');
});
afterEach(async () => {
  for (const exporter of running.splice(0)) await exporter.shutdown(noDeadline());
  rmSync(directory, { recursive: true });
});

async function start(config: FileExporterConfig, signal: Signal = 'traces', settings: TestSettings = testSettings('file', clock)): Promise<Component & Consumer> {
  const exporter = factory.create(config, { ...settings, signal });
  running.push(exporter);
  await exporter.start();
  return exporter;
}

const parse = (config: object): FileExporterConfig => fileExporterSchema.parse({ path, ...config });
const SHAPES_OF_JSON: readonly object[] = zstdCompress === undefined ? [{}] : [{}, { compression: 'zstd' }];
const lines = (file = path): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);

describe('what is written', () => {
  test('json: one object a line, in the order of arrival, before consume resolves', async () => {
    const exporter = await start(parse({}));
    const requests = ['a', 'b', 'c', 'd'].map((name) => tracesRequest(name));
    await Promise.all(requests.map((request) => exporter.consume(request)));
    expect(lines()).toEqual(requests.map(({ bytes }) => requestToJson('traces', bytes)));
  });

  test('proto: each request after its length', async () => {
    const exporter = await start(parse({ format: 'proto' }));
    const requests = [tracesRequest('a'), tracesRequest('bcd')];
    for (const request of requests) await exporter.consume(request);
    let rest = readFileSync(path);
    for (const { bytes } of requests) {
      const length = rest.readUInt32BE();
      expect(rest.subarray(4, 4 + length)).toEqual(Buffer.from(bytes));
      rest = rest.subarray(4 + length);
    }
    expect(rest).toHaveLength(0);
  });

  test.runIf(zstdCompress !== undefined)('zstd: each request a frame after its length', async () => {
    const exporter = await start(parse({ compression: 'zstd' }));
    await exporter.consume(tracesRequest('a'));
    const content = readFileSync(path);
    expect(content.readUInt32BE()).toBe(content.length - 4);
    expect(content.readUInt32LE(4)).toBe(0xfd2fb528);
  });

  test('the three signals of one exporter into one file', async () => {
    const config = parse({ create_directory: true, path: join(directory, 'deep', 'er', 'out.json') });
    const requests = [tracesRequest('a'), exportRequest('metrics', metricsOf(1), 1), exportRequest('logs', logsOf(1), 1)];
    const exporters = await Promise.all(requests.map(({ signal }) => start(config, signal)));
    for (const [i, request] of requests.entries()) await exporters[i]?.consume(request);
    await exporters[0]?.shutdown(noDeadline());
    await exporters[2]?.consume(requests[2]!);
    expect(lines(config.path)).toHaveLength(4);
  });
});

describe('a file that is there', () => {
  test.each([
    [{}, 1],
    [{ append: true }, 2],
    [{ rotation: {} }, 2],
    [{ rotation: null }, 2],
  ])('with %j has %d lines afterwards', async (config, count) => {
    writeFileSync(path, 'old\n');
    const exporter = await start(parse(config));
    await exporter.consume(tracesRequest('a'));
    expect(lines()).toHaveLength(count);
  });
});

describe('rotation', () => {
  const half = tracesRequest('x'.repeat(600_000));

  test('begins a new file before max_megabytes are exceeded', async () => {
    const exporter = await start(parse({ rotation: { max_megabytes: 1 } }));
    await exporter.consume(half);
    await exporter.consume(half);
    await exporter.consume(tracesRequest('a'));
    expect(readdirSync(directory).sort()).toEqual(['out-2022-09-14T05-02-14.173.json', 'out.json']);
    expect(lines(join(directory, 'out-2022-09-14T05-02-14.173.json'))).toHaveLength(1);
    expect(lines()).toHaveLength(2);
  });

  test('keeps max_backups, the newest, and leaves other files alone', async () => {
    writeFileSync(join(directory, 'out-other.json'), '');
    const exporter = await start(parse({ rotation: { max_megabytes: 1, max_backups: 2 } }));
    for (let i = 0; i < 5; i++) {
      await exporter.consume(half);
      clock.tick(1000);
    }
    expect(readdirSync(directory).sort()).toEqual([
      'out-2022-09-14T05-02-17.173.json',
      'out-2022-09-14T05-02-18.173.json',
      'out-other.json',
      'out.json',
    ]);
  });

  test('removes backups older than max_days', async () => {
    for (const day of ['10', '11', '12']) writeFileSync(join(directory, `out-2022-09-${day}T06-00-00.000.json`), '');
    const exporter = await start(parse({ rotation: { max_megabytes: 1, max_days: 3 } }));
    await exporter.consume(half);
    await exporter.consume(half);
    expect(readdirSync(directory).sort()).toEqual([
      'out-2022-09-11T06-00-00.000.json',
      'out-2022-09-12T06-00-00.000.json',
      'out-2022-09-14T05-02-14.173.json',
      'out.json',
    ]);
  });
});

describe('what cannot be written', () => {
  test('at start is an error that names the file', async () => {
    const missing = join(directory, 'missing', 'out.json');
    await expect(start(parse({ path: missing }))).rejects.toThrow(`cannot write to ${missing}: ENOENT`);
  });

  test.runIf(existsSync('/dev/full'))('later is refused retryably', async () => {
    const settings = testSettings('file', clock);
    const exporter = await start(parse({ path: '/dev/full' }), 'traces', settings);
    await expect(exporter.consume(tracesRequest('a'))).rejects.toMatchObject({ code: 'unavailable', isRetryable: true, message: expect.stringContaining('ENOSPC') });
    expect(settings.meter.total('otelcol_exporter_sent_spans')).toBe(0);
  });

  test.each(SHAPES_OF_JSON)('loses only the span that is nested too deep for JSON: %j', async (config) => {
    const settings = testSettings('file', clock);
    const exporter = await start(parse(config), 'traces', settings);
    const names = Array.from({ length: 60 }, (_, i) => `span${i}`);
    await exporter.consume(deeplyNestedRequest(20_000, ...names));
    expect(settings.meter.total('otelcol_exporter_sent_spans')).toBe(60);
    expect(settings.meter.total('tailrace_exporter_failed_items')).toBe(1);
    if (Object.keys(config).length === 0) expect(lines().flatMap((line) => spanNames(requestFromJson('traces', line)))).toEqual(names);
    expect(settings.logger.lines).toMatchObject([{ level: 'warn', fields: { items: 1, error: expect.stringContaining('depth') } }]);
  });

  test('refuses a request that is nothing but such a span', async () => {
    const exporter = await start(parse({}));
    await expect(exporter.consume(deeplyNestedRequest(20_000))).rejects.toMatchObject({ code: 'malformed' });
    await exporter.consume(tracesRequest('next'));
    expect(lines()).toHaveLength(1);
  });

  test('is refused after the end', async () => {
    const exporter = await start(parse({}));
    await exporter.shutdown(noDeadline());
    await exporter.shutdown(noDeadline());
    await expect(exporter.consume(tracesRequest('a'))).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('an exporter that never started stops', async () => {
    await factory.create(parse({}), { ...testSettings('file', clock), signal: 'traces' }).shutdown(noDeadline());
    expect(existsSync(path)).toBe(false);
  });
});

describe('the configuration', () => {
  test.each<[object, string, RegExp]>([
    [{ path: '' }, 'path', /Too small/],
    [{ append: true, rotation: {} }, 'append', /cannot be combined with rotation/],
    [{ directory_permissions: '0755' }, 'directory_permissions', /without create_directory/],
    [{ create_directory: true, directory_permissions: '9' }, 'directory_permissions', /octal/],
    [{ rotation: { max_megabyte: 1 } }, 'rotation', /Unrecognized key/],
    [{ format: 'yaml' }, 'format', /Invalid option/],
    [{ group_by: { enabled: true } }, '', /Unrecognized key/],
  ])('refuses %j', (config, at, message) => {
    const issues = fileExporterSchema.safeParse({ path: 'x', ...config }).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join('.'))).toEqual([at]);
    expect(issues[0]?.message).toMatch(message);
  });

  test('directory_permissions are octal', async () => {
    const config = parse({ path: join(directory, 'new', 'out.json'), create_directory: true, directory_permissions: '0700' });
    await start(config);
    expect(statSync(join(directory, 'new')).mode & 0o777).toBe(0o700);
  });
});
