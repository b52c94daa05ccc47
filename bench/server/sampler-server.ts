import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MetricsText } from '../../test/support/metrics-text.ts';
import { onCores, serverCore } from '../support/cores.ts';
import { endTogether } from '../support/end-together.ts';
import { freePort, listening } from '../support/free-port.ts';
import { usageOf, type ProcessUsage } from '../support/process-usage.ts';
import { pipelineConfig, type PipelineOptions } from './pipeline-config.ts';
import type { Server } from './server.ts';

const PREFIX = 'otelcol_processor_tail_sampling_';
/** Between two looks at a server's metrics, which cost it time. */
const LOOK_MS = 300;
const STOP_MS = 20_000;
const LOG = 'server.log';
/** So much of the log is shown when a server ends by itself. */
const LOG_LINES = 20;

export interface SamplerOptions extends Omit<PipelineOptions, 'port' | 'metricsPort'> {
  readonly name: string;
  /** The command line, to which `--config FILE` is added. */
  readonly command: readonly string[];
}

/** A tail sampler as its users run it: Tailrace or the Collector, with one configuration and the same metrics. */
export class SamplerServer implements Server {
  readonly name: string;
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #metricsPort: number;
  readonly #decisionWaitMs: number;

  private constructor(options: SamplerOptions, child: ChildProcess, directory: string, port: number, metricsPort: number) {
    this.name = options.name;
    this.port = port;
    this.#child = child;
    this.#directory = directory;
    this.#metricsPort = metricsPort;
    this.#decisionWaitMs = 1000 * options.decisionWaitSeconds;
  }

  static async start(options: SamplerOptions): Promise<SamplerServer> {
    const port = await freePort();
    const metricsPort = await freePort();
    const directory = await mkdtemp(join(tmpdir(), 'tailrace-bench-'));
    const file = join(directory, 'config.yaml');
    await writeFile(file, pipelineConfig({ ...options, port, metricsPort }));
    const [command = '', ...args] = onCores(serverCore, [...options.command, '--config', file]);
    // The Collector logs each trace that it loses: into a file, so that reading it costs nobody time.
    const log = openSync(join(directory, LOG), 'w');
    const child = spawn(command, args, { cwd: directory, stdio: ['ignore', log, log] });
    closeSync(log);
    endTogether(child);
    const server = new SamplerServer(options, child, directory, port, metricsPort);
    for (const needed of [port, metricsPort]) await listening(needed, () => server.#checkAlive());
    return server;
  }

  usage(): ProcessUsage {
    return usageOf(this.#pid);
  }

  async drained(): Promise<void> {
    await sleep(this.#decisionWaitMs);
    for (;;) {
      const metrics = await this.metrics();
      if (count(metrics, 'global_count_traces_sampled') >= count(metrics, 'new_trace_id_received')) return;
      await sleep(LOOK_MS);
    }
  }

  async keptTraces(): Promise<number> {
    return count(await this.metrics(), 'global_count_traces_sampled', { sampled: 'true' });
  }

  async metrics(): Promise<MetricsText> {
    this.#checkAlive();
    const response = await fetch(`http://127.0.0.1:${this.#metricsPort}/metrics`);
    return new MetricsText(await response.text());
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const force = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
      this.#child.kill('SIGTERM');
      await once(this.#child, 'exit');
      clearTimeout(force);
    }
    await rm(this.#directory, { recursive: true, force: true });
  }

  get #pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.name} did not start`);
    return this.#child.pid;
  }

  #checkAlive(): void {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) return;
    const log = readFileSync(join(this.#directory, LOG), 'utf8').split('\n').slice(-LOG_LINES).join('\n');
    throw new Error(`${this.name} exited with ${String(exitCode ?? signalCode)}:\n${log}`);
  }
}

/** A counter of the processor; the Collector's has no `_total` when its reader is configured as ours is. */
function count(metrics: MetricsText, name: string, labels: Readonly<Record<string, string>> = {}): number {
  return metrics.total(`${PREFIX}${name}`, labels) + metrics.total(`${PREFIX}${name}_total`, labels);
}
