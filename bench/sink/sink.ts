import { setTimeout as sleep } from 'node:timers/promises';
import { otherCores } from '../support/cores.ts';
import { WorkerProcess } from '../support/worker-process.ts';
import type { SinkAnswer, SinkQuestion, SinkReport } from './sink-messages.ts';

/** Nothing has arrived for so long: nothing is on its way any more. */
const QUIET_MS = 1000;

/** A backend in a process of its own. */
export class Sink {
  readonly port: number;
  readonly #process: WorkerProcess<SinkQuestion, SinkAnswer>;

  private constructor(process: WorkerProcess<SinkQuestion, SinkAnswer>, port: number) {
    this.#process = process;
    this.port = port;
  }

  static async start(): Promise<Sink> {
    const worker = WorkerProcess.start<SinkQuestion, SinkAnswer>('sink/sink-process.js', otherCores);
    const first = await worker.next();
    if (first.kind !== 'listening') throw new Error(`the sink began with ${first.kind}`);
    return new Sink(worker, first.port);
  }

  reset(): Promise<SinkReport> {
    return this.#ask({ kind: 'reset' });
  }

  /** What has arrived when nothing more comes. */
  async settled(): Promise<SinkReport> {
    for (let before = await this.#ask({ kind: 'report' }); ; ) {
      await sleep(QUIET_MS);
      const now = await this.#ask({ kind: 'report' });
      if (now.spans === before.spans) return now;
      before = now;
    }
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }

  async #ask(question: SinkQuestion): Promise<SinkReport> {
    const answer = await this.#process.ask(question);
    if (answer.kind !== 'report') throw new Error(`the sink answered ${answer.kind}`);
    return answer.report;
  }
}
