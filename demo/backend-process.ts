import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BackendMessage, BackendQuestion } from './backend.ts';
import type { DemoSpan } from './decode-spans.ts';

/** The demo's side of the receiving backend. */
export class BackendProcess {
  readonly endpoint: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, endpoint: string) {
    this.#child = child;
    this.endpoint = endpoint;
  }

  static async start(): Promise<BackendProcess> {
    const child = fork(fileURLToPath(new URL('backend.js', import.meta.url)), { stdio: 'inherit' });
    const first = await nextMessage(child);
    if (first.kind !== 'listening') throw new Error(`the backend began with ${first.kind}`);
    return new BackendProcess(child, first.endpoint);
  }

  /** Every span it acknowledged so far. */
  async spans(): Promise<{ readonly requests: number; readonly spans: readonly DemoSpan[] }> {
    const question: BackendQuestion = 'spans';
    this.#child.send(question);
    const answer = await nextMessage(this.#child);
    if (answer.kind !== 'spans') throw new Error(`the backend answered ${answer.kind}`);
    return answer;
  }

  stop(): void {
    this.#child.kill('SIGTERM');
  }
}

async function nextMessage(child: ChildProcess): Promise<BackendMessage> {
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`the backend exited with ${String(code)}`);
  });
  const [message] = (await Promise.race([once(child, 'message'), gone])) as [BackendMessage];
  return message;
}
