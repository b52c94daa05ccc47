import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { OtlpSender } from '../support/otlp-sender.ts';
import { TailraceProcess } from '../support/process.ts';
import { projectRoot } from '../support/project.ts';
import { OtlpSink } from '../support/sink.ts';
import { testConfig } from '../support/tailrace-config.ts';
import { numberedTrace } from '../support/trace-load.ts';
import { until } from '../support/until.ts';

const NOWHERE = '127.0.0.1:9';
const KEEP_ALL_LATE = '    decision_wait: 1h\n    policies: [{name: all, type: always_sample}]\n';

const running: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of running.splice(0).reverse()) await end();
});

async function spawn(yaml: string, args?: readonly string[]): Promise<TailraceProcess> {
  const tailrace = await TailraceProcess.spawn(yaml, args === undefined ? {} : { args });
  running.push(() => tailrace.kill());
  return tailrace;
}

describe('exit codes', () => {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string };

  test.each([
    { args: ['--version'], code: 0, output: version },
    { args: ['--help'], code: 0, output: '--config' },
    { args: ['--no-such-option'], code: 2, output: 'no-such-option' },
    { args: ['no-such-command'], code: 2, output: 'no-such-command' },
    { args: ['--config'], code: 2, output: 'config' },
    { args: ['--config', '/no/such/file.yaml'], code: 1, output: '/no/such/file.yaml' },
    { args: ['validate', '--config', '/no/such/file.yaml'], code: 1, output: '/no/such/file.yaml' },
    { args: ['validate', '--config', join(projectRoot, 'config/tailrace.yaml')], code: 0, output: '' },
  ])('tailrace $args ends with $code', async ({ args, code, output }) => {
    const tailrace = await spawn('', args);
    expect(await tailrace.exit(), tailrace.output).toEqual({ code, signal: null });
    expect(tailrace.output).toContain(output);
  });

  test('a wrong configuration ends with 1 and every mistake at its place', async () => {
    const yaml = testConfig({ backend: NOWHERE, tailSampling: KEEP_ALL_LATE })
      .replace('decision_wait: 1h', 'decision_wiat: 1h')
      .replace('endpoint: 127.0.0.1:9', 'endpoint: nowhere');
    const lineOf = (text: string): number => yaml.split('\n').findIndex((line) => line.includes(text)) + 1;
    const tailrace = await spawn(yaml);
    expect(await tailrace.exit()).toEqual({ code: 1, signal: null });
    expect(tailrace.output).toContain(
      `config.yaml:${lineOf('decision_wiat')}:5 processors.tail_sampling: unknown key "decision_wiat" (did you mean "decision_wait"?)`,
    );
    expect(tailrace.output).toContain(`config.yaml:${lineOf('nowhere')}:15 exporters.otlp.endpoint`);
  });

  test('a port in use ends with 1 and is named', async () => {
    const occupied = createServer();
    running.push(() => occupied.close());
    await new Promise<void>((resolve) => void occupied.listen(0, '127.0.0.1', resolve));
    const { port } = occupied.address() as AddressInfo;
    const tailrace = await spawn(testConfig({ backend: NOWHERE }).replace("http: {endpoint: '127.0.0.1:0'}", `http: {endpoint: '127.0.0.1:${port}'}`));
    expect(await tailrace.exit(), tailrace.output).toEqual({ code: 1, signal: null });
    expect(tailrace.output).toContain(String(port));
    expect(tailrace.logged('Everything is ready')).toBeUndefined();
  });
});

describe('start and stop', () => {
  test('everything listens once the ready line is out, and health follows the life', async () => {
    const sink = await OtlpSink.start();
    running.push(() => sink.stop());
    sink.answer = () => ({ kind: 'accept', delayMs: 500 });
    const tailrace = await spawn(testConfig({ backend: sink.endpoint, tailSampling: KEEP_ALL_LATE }));
    await tailrace.ready();
    const health = `http://${tailrace.address('extensions.health_check.http')}/`;
    expect((await fetch(health)).status).toBe(200);
    expect((await fetch(`http://${tailrace.address('receivers.otlp.http')}/v1/traces`)).status).toBe(405);
    expect((await tailrace.scrape()).has('otelcol_process_uptime_seconds_total')).toBe(true);

    const sender = new OtlpSender(tailrace.address('receivers.otlp.grpc'));
    running.push(() => sender.close());
    await sender.send('traces', numberedTrace(1).bytes);
    tailrace.signal('SIGTERM');
    await until('503 while it drains', async () => (await fetch(health).catch(() => undefined))?.status === 503);
    expect(await tailrace.exit(), tailrace.output).toEqual({ code: 0, signal: null });
    expect(sink.requests).toHaveLength(1);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with 0', async (signal) => {
    const tailrace = await spawn(testConfig({ backend: NOWHERE }));
    await tailrace.ready();
    tailrace.signal(signal);
    expect(await tailrace.exit(), tailrace.output).toEqual({ code: 0, signal: null });
  });

  test('a second signal ends it at once and says what is lost', async () => {
    const sink = await OtlpSink.start();
    running.push(() => sink.stop());
    sink.answer = () => ({ kind: 'hang' });
    const tailrace = await spawn(testConfig({ backend: sink.endpoint, tailSampling: KEEP_ALL_LATE, exporter: '    timeout: 1h\n', shutdownTimeout: '1h' }));
    await tailrace.ready();
    const sender = new OtlpSender(tailrace.address('receivers.otlp.grpc'));
    running.push(() => sender.close());
    await sender.send('traces', numberedTrace(1).bytes);
    tailrace.signal('SIGTERM');
    await until('the drain to hang', () => sink.seen > 0);
    tailrace.signal('SIGTERM');
    // Without the second signal it would wait for its backend far longer than this test may take.
    expect(await tailrace.exit(), tailrace.output).toEqual({ code: 1, signal: null });
    expect(tailrace.logs.filter((line) => line.fields['items'] === 5), tailrace.output).not.toEqual([]);
  });
});
