import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MetricsText } from './metrics-text.ts';
import { builtMain } from './project.ts';
import { until } from './until.ts';

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One line of the log in JSON; `text` is the line as it was written. */
export interface ProcessLogLine {
  readonly text: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface StartOptions {
  /** Instead of `--config FILE`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The built program as a process of its own. */
export class TailraceProcess {
  readonly logs: ProcessLogLine[] = [];
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #exit: Promise<ExitStatus>;
  #exited: ExitStatus | undefined;

  private constructor(child: ChildProcess, directory: string) {
    this.#child = child;
    this.#directory = directory;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.logs.push(parseLogLine(line)));
    }
    // 'close' comes after the last line of output, 'exit' may come before it.
    this.#exit = once(child, 'close').then(([code, signal]) => {
      this.#exited = { code: code as number | null, signal: signal as NodeJS.Signals | null };
      return this.#exited;
    });
  }

  /** Spawns it with `yaml` as its configuration; does not wait for anything. */
  static async spawn(yaml: string, options: StartOptions = {}): Promise<TailraceProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'tailrace-'));
    const file = join(directory, 'config.yaml');
    await writeFile(file, yaml);
    const args = options.args ?? ['--config', file];
    const child = spawn(process.execPath, [builtMain, ...args], {
      cwd: directory,
      env: { PATH: process.env['PATH'], ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new TailraceProcess(child, directory);
  }

  /** Spawns it and waits until everything listens. */
  static async start(yaml: string, options: StartOptions = {}): Promise<TailraceProcess> {
    const tailrace = await TailraceProcess.spawn(yaml, options);
    try {
      await tailrace.ready();
    } catch (error) {
      await tailrace.kill();
      throw error;
    }
    return tailrace;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Everything written so far, for messages of failing tests. */
  get output(): string {
    return this.logs.map((line) => line.text).join('\n');
  }

  logged(message: string): ProcessLogLine | undefined {
    return this.logs.find((line) => line.message.includes(message));
  }

  async ready(): Promise<void> {
    await until('the ready line', () => {
      if (this.#exited !== undefined) throw new Error(`exited with ${JSON.stringify(this.#exited)} before it was ready:\n${this.output}`);
      return this.logged('Everything is ready');
    });
  }

  /** Where something listens, by its name in the ready line: `receivers.otlp.grpc` gives `127.0.0.1:40123`. */
  address(name: string): string {
    const addresses = this.logged('Everything is ready')?.fields['addresses'] as Readonly<Record<string, string>> | undefined;
    const address = addresses?.[name];
    if (address === undefined) throw new Error(`the ready line names no ${name}:\n${this.output}`);
    return address;
  }

  async scrape(): Promise<MetricsText> {
    const response = await fetch(`http://${this.address('service.telemetry.metrics')}/metrics`);
    return new MetricsText(await response.text());
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  exit(): Promise<ExitStatus> {
    return this.#exit;
  }

  /** Stops it as an orchestrator does. */
  async stop(): Promise<ExitStatus> {
    this.signal('SIGTERM');
    const status = await this.#exit;
    await rm(this.#directory, { recursive: true, force: true });
    return status;
  }

  /** Ends it whatever state it is in; for cleaning up. */
  async kill(): Promise<void> {
    if (this.#exited === undefined) this.signal('SIGKILL');
    await this.#exit;
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function parseLogLine(text: string): ProcessLogLine {
  try {
    const fields = JSON.parse(text) as Record<string, unknown>;
    const message = fields['msg'] ?? fields['message'];
    return { text, message: typeof message === 'string' ? message : '', fields };
  } catch {
    return { text, message: text, fields: {} };
  }
}
