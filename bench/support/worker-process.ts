import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onCores, type Cores } from './cores.ts';

const benchDirectory = new URL('../', import.meta.url);

export interface WorkerOptions {
  readonly nodeArgs?: readonly string[];
  readonly args?: readonly string[];
}

/** A script of ours as a process that answers questions one at a time; it ends when its parent does. */
export class WorkerProcess<Question extends object, Answer> {
  readonly #child: ChildProcess;
  readonly #script: string;

  private constructor(child: ChildProcess, script: string) {
    this.#child = child;
    this.#script = script;
  }

  /** `script` is a path below the folder of the built bench. */
  static start<Q extends object, A>(script: string, cores: Cores, { nodeArgs = [], args = [] }: WorkerOptions = {}): WorkerProcess<Q, A> {
    const path = fileURLToPath(new URL(script, benchDirectory));
    const [command = '', ...rest] = onCores(cores, [process.execPath, ...nodeArgs, path, ...args]);
    const child = spawn(command, rest, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    return new WorkerProcess<Q, A>(child, script);
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#script} did not start`);
    return this.#child.pid;
  }

  ask(question: Question): Promise<Answer> {
    this.tell(question);
    return this.next();
  }

  /** For what is not answered. */
  tell(question: Question): void {
    this.#child.send(question);
  }

  /** The next message, asked for or not. @throws Error when the process ends before. */
  async next(): Promise<Answer> {
    const waiting = new AbortController();
    const gone = once(this.#child, 'exit', { signal: waiting.signal }).then(([code, signal]) => {
      throw new Error(`${this.#script} exited with ${String(code ?? signal)}`);
    });
    try {
      const [message] = (await Promise.race([once(this.#child, 'message', { signal: waiting.signal }), gone])) as [Answer];
      return message;
    } finally {
      waiting.abort();
      gone.catch(() => undefined);
    }
  }

  /** Signals it to end (`SIGTERM`: in its own order) and waits until it has. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill(signal);
    await once(this.#child, 'exit');
  }
}
