import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runCommandLine } from '../../src/cli/command-line.ts';

const directory = mkdtempSync(join(tmpdir(), 'tailrace-cli-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

async function call(...argv: readonly string[]) {
  let out = '';
  let error = '';
  const code = await runCommandLine(argv, {
    writeOut: (text) => void (out += text),
    writeError: (text) => void (error += text),
    stop: AbortSignal.abort(),
    stopNow: new AbortController().signal,
  });
  return { code, out, error };
}

const GOOD = `
receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:0"}}}}
exporters: {debug: }
service:
  pipelines: {traces: {receivers: [otlp], exporters: [debug]}}
  telemetry: {metrics: {level: none}, logs: {output_paths: ["${join(directory, 'log')}"]}}
`;

describe('runCommandLine', () => {
  test('--version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
    expect(await call('--version')).toEqual({ code: 0, out: `tailrace version ${version}\n`, error: '' });
  });

  test('--help goes to the standard output', async () => {
    const { code, out } = await call('--help');
    expect(code).toBe(0);
    expect(out).toMatch(/^Usage: tailrace /);
  });

  test('a wrong call says what is wrong and how it goes', async () => {
    const { code, out, error } = await call('--no-such-option');
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(error).toMatch(/^tailrace: .*--no-such-option[^]*Usage: tailrace /);
  });

  test('validate says that a configuration is valid', async () => {
    expect(await call('validate', '--config', file('good.yaml', GOOD))).toEqual({ code: 0, out: 'The configuration is valid\n', error: '' });
  });

  test.each(['validate', ''])('%s with a wrong configuration says every mistake', async (command) => {
    const path = file('wrong.yaml', 'receivers: {otpl: }\nservice: {pipelines: {}}\n');
    const { code, error } = await call(...(command === '' ? [] : [command]), '--config', path);
    expect(code).toBe(1);
    expect(error.split('\n')).toEqual([
      expect.stringContaining(`${path}:1:13 receivers: Tailrace has no receiver of type "otpl" (did you mean "otlp"?)`),
      expect.stringContaining(`${path}:2:11 service.pipelines: at least one pipeline is required`),
      '',
    ]);
  });

  test('a variable that is not set is worth a warning', async () => {
    const path = file('unset.yaml', GOOD.replace('debug: }', 'debug: {verbosity: "${env:TAILRACE_TEST_UNSET}"}}'));
    const { code, error } = await call('validate', '--config', path);
    expect(code).toBe(0);
    expect(error).toContain('warning: ' + path + ':3:32 exporters.debug.verbosity: the environment variable TAILRACE_TEST_UNSET is not set');
  });

  test.each([
    [join(directory, 'none.yaml'), 'there is no such file'],
    [directory, 'it is a directory'],
    ['env:TAILRACE_TEST_UNSET', 'the environment variable TAILRACE_TEST_UNSET is not set'],
    ['http://example.com/x.yaml', 'nothing can be read from "http:"'],
  ])('--config %s: %s', async (location, message) => {
    const { code, error } = await call('validate', '--config', location);
    expect(code).toBe(1);
    expect(error).toContain(message);
  });

  test('a configuration on the command line itself', async () => {
    expect((await call('validate', '--config', `yaml:${GOOD}`)).code).toBe(0);
  });

  test('what is asked to stop has started, and stops with 0', async () => {
    expect((await call('--config', file('good.yaml', GOOD))).code).toBe(0);
    const log = readFileSync(join(directory, 'log'), 'utf8');
    expect(log).toMatch(/Everything is ready.*receivers\.otlp\.grpc.*127\.0\.0\.1:\d+/);
    expect(log).toContain('Shutdown complete');
  });

  test('what cannot start says every address that is taken, and that it did not start', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const log = join(directory, 'taken');
    const path = file('taken.yaml', `
receivers: {otlp: {protocols: {grpc: {endpoint: "${address}"}, http: {endpoint: "${address}"}}}}
exporters: {debug: }
extensions: {health_check: {endpoint: "${address}"}}
service:
  extensions: [health_check]
  pipelines: {traces: {receivers: [otlp], exporters: [debug]}}
  telemetry: {metrics: {level: none}, logs: {output_paths: ["${log}"]}}
`);
    expect((await call('--config', path)).code).toBe(1);
    other.close();
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    const starts = ['extensions.health_check: endpoint', 'receivers.otlp: protocols.grpc.endpoint', 'receivers.otlp: protocols.http.endpoint'];
    expect(lines.slice(0, -1)).toEqual(starts.map((start) => expect.stringContaining(`Cannot start: ${start}: cannot listen on ${address}`)));
    expect(lines.at(-1)).toContain('Not started');
  });
});
