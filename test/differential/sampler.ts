import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OtlpSender } from '../support/otlp-sender.ts';
import type { RawSpan } from '../support/raw-spans.ts';
import { rawSpansOf } from '../support/raw-spans.ts';
import { OtlpSink } from '../support/sink.ts';
import { until } from '../support/until.ts';
import type { RandomCase } from './random-case.ts';

/** Longer than a run takes: all is decided when the sampler is asked to stop, on what has come. */
const DECISION_WAIT = '600s';
const CASE_HEADER = 'case';
const CONCURRENT_CASES = 8;

/** Runs each case as a pipeline of one sampler, Tailrace or the Collector, until it has stopped; gives the spans that came out. */
export async function runCases(command: readonly string[], cases: readonly RandomCase[]): Promise<readonly (readonly RawSpan[])[]> {
  const sink = await OtlpSink.start();
  const directory = await mkdtemp(join(tmpdir(), 'tailrace-differential-'));
  try {
    const ports = await freePorts(cases.length);
    const config = join(directory, 'config.yaml');
    await writeFile(config, JSON.stringify(configOf(cases, ports, sink.endpoint)));
    await runProcess([...command, '--config', config], ports, () => sendAll(cases, ports));
    return cases.map((_, index) =>
      sink.requests.filter(({ metadata }) => Number(metadata.get(CASE_HEADER)[0]) === index).flatMap(({ bytes }) => rawSpansOf(bytes)),
    );
  } finally {
    sink.stop();
    await rm(directory, { recursive: true });
  }
}

function configOf(cases: readonly RandomCase[], ports: readonly number[], backend: string): object {
  const section = <T>(prefix: string, element: (index: number) => T): Record<string, T> =>
    Object.fromEntries(cases.map((_, index) => [`${prefix}/${index}`, element(index)]));
  const decision_cache = { sampled_cache_size: 10_000, non_sampled_cache_size: 10_000 };
  return {
    receivers: section('otlp', (index) => ({ protocols: { grpc: { endpoint: `127.0.0.1:${ports[index]}` } } })),
    processors: section('tail_sampling', (index) => ({ decision_wait: DECISION_WAIT, decision_cache, ...cases[index]?.config })),
    exporters: section('otlp', (index) => ({ endpoint: backend, tls: { insecure: true }, headers: { [CASE_HEADER]: String(index) } })),
    service: {
      pipelines: section('traces', (index) => ({ receivers: [`otlp/${index}`], processors: [`tail_sampling/${index}`], exporters: [`otlp/${index}`] })),
      telemetry: { metrics: { level: 'none' }, logs: { level: 'warn' } },
    },
  };
}

async function runProcess([file = '', ...args]: readonly string[], ports: readonly number[], work: () => Promise<void>): Promise<void> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void (output += chunk.toString()));
  const closed = once(child, 'close');
  try {
    for (const port of ports) {
      await until(`port ${port}`, () => {
        if (child.exitCode !== null) throw new Error(`${file} ended with ${child.exitCode}:\n${output}`);
        return isListening(port);
      });
    }
    await work();
    child.kill('SIGTERM');
    await closed;
    if (child.exitCode !== 0) throw new Error(`${file} ended with ${child.exitCode}:\n${output}`);
  } finally {
    child.kill('SIGKILL');
  }
}

async function sendAll(cases: readonly RandomCase[], ports: readonly number[]): Promise<void> {
  const waiting = [...cases.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, { requests }] = next;
      const sender = new OtlpSender(`127.0.0.1:${ports[index]}`);
      for (const request of requests) await sender.send('traces', request);
      sender.close();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT_CASES }, worker));
}

/** Below what systems give to outgoing connections, one of which could take a port between our look and its use. */
const FIRST_PORT = 20_000;
const PORTS = 12_000;

/** Ports that nobody listens on. */
async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  const start = process.pid * 101;
  for (let i = 0; ports.length < count; i++) {
    if (i === PORTS) throw new Error(`there are no ${count} free ports from ${FIRST_PORT} on`);
    const port = FIRST_PORT + ((start + i) % PORTS);
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
