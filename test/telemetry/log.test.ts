import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { openLogOutput } from '../../src/telemetry/log-output.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { logsTelemetryConfig } from '../../src/telemetry/logs-config.ts';
import { ManualClock } from '../support/manual-clock.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-log-'));
  folders.push(folder);
  return folder;
}

function setUp(config: object) {
  const lines: string[] = [];
  const clock = new ManualClock(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  const logger = createLogger(logsTelemetryConfig.parse(config), clock, { write: (line) => void lines.push(line) });
  return { lines, clock, logger };
}

describe('log', () => {
  test('json: level, ts, fields, msg', () => {
    const { lines, logger } = setUp({ encoding: 'json', initial_fields: { cluster: 'eu' } });
    logger.child({ component: 'otlp' }).warn({ items: 3 }, 'Queue is full');
    expect(lines).toEqual([
      '{"level":"warn","ts":"2026-01-02T03:04:05.678Z","cluster":"eu","component":"otlp","items":3,"msg":"Queue is full"}\n',
    ]);
  });

  test('console: columns', () => {
    const { lines, logger } = setUp({});
    logger.info({}, 'Everything is ready');
    logger.child({ component: 'otlp' }).error({ items: 3 }, 'tab\tand\nline');
    expect(lines).toEqual([
      '2026-01-02T03:04:05.678Z\tinfo\tEverything is ready\n',
      '2026-01-02T03:04:05.678Z\terror\ttab\\tand\\nline\t{"component":"otlp","items":3}\n',
    ]);
  });

  test.each([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['INFO', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
    ['fatal', []],
  ])('level %s writes %j', (level, expected) => {
    const { lines, logger } = setUp({ level, encoding: 'json' });
    for (const name of ['debug', 'info', 'warn', 'error'] as const) logger[name]({}, 'x');
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(expected);
  });

  test('an error is its message, code and cause in one field', () => {
    const { lines, logger } = setUp({ encoding: 'json' });
    const cause = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' });
    logger.error({ error: new Error('cannot send', { cause }) }, 'x');
    expect(JSON.parse(lines[0]!)).toMatchObject({ error: 'cannot send: connect refused (ECONNREFUSED)' });
  });

  test('of equal lines the first ten of ten seconds are written, then each hundredth; others are not touched', () => {
    const { lines, logger, clock } = setUp({});
    for (let i = 0; i < 210; i++) logger.warn({ i }, 'again');
    logger.warn({}, 'other');
    logger.info({}, 'again');
    expect(lines.filter((line) => line.includes('warn\tagain'))).toHaveLength(12);
    expect(lines).toHaveLength(14);
    clock.tick(10_000);
    logger.warn({}, 'again');
    expect(lines).toHaveLength(15);
  });

  test.each([
    [{ enabled: false }, 50],
    [{ initial: 3, thereafter: 0 }, 3],
    [{ initial: 0, thereafter: 10 }, 5],
  ])('sampling %j writes %i of 50', (sampling, written) => {
    const { lines, logger } = setUp({ sampling });
    for (let i = 0; i < 50; i++) logger.info({}, 'x');
    expect(lines).toHaveLength(written);
  });

  test('lines go to every path, appended, and are there when the call returns', () => {
    const folder = temporaryFolder();
    const paths = [join(folder, 'a.log'), pathToFileURL(join(folder, 'b.log')).href];
    for (const text of ['one', 'two']) {
      const output = openLogOutput(paths);
      createLogger(logsTelemetryConfig.parse({}), new ManualClock(), output).info({}, text);
      expect(readFileSync(join(folder, 'a.log'), 'utf8')).toContain(`\t${text}\n`);
      output.close();
    }
    for (const name of ['a.log', 'b.log']) expect(readFileSync(join(folder, name), 'utf8').split('\n')).toHaveLength(3);
  });

  test('a path that cannot be opened is an error that names the key', () => {
    const path = join(temporaryFolder(), 'missing', 'a.log');
    expect(() => openLogOutput(['stderr', path])).toThrow(new RegExp(`^logs\\.output_paths\\[1\\]: cannot append to ${path}: ENOENT`));
  });
});
