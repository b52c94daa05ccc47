import { otherCores } from '../support/cores.ts';
import { WorkerProcess } from '../support/worker-process.ts';
import type { LoadAnswer, LoadOptions, LoadPhase, LoadQuestion, LoadReport } from './load-messages.ts';

/** 4 connections with 4 requests in flight each: enough that no server waits for requests. */
const CONNECTIONS = 4;
const IN_FLIGHT = 4;

/** A load generator in a process of its own. */
export class Load {
  readonly #process: WorkerProcess<LoadQuestion, LoadAnswer>;
  #isPrepared = false;

  private constructor(process: WorkerProcess<LoadQuestion, LoadAnswer>) {
    this.#process = process;
  }

  static async open(options: Pick<LoadOptions, 'port' | 'spansPerRequest' | 'isGzip' | 'seed'>): Promise<Load> {
    const load = new Load(WorkerProcess.start('load/load-process.js', otherCores));
    await load.#process.ask({ kind: 'open', options: { ...options, connections: CONNECTIONS, inFlight: IN_FLIGHT } });
    return load;
  }

  /** Makes what a phase may send, where that cannot be stamped: compressed requests. The others need no call. */
  async prepare(phase: LoadPhase): Promise<void> {
    await this.#process.ask({ kind: 'prepare', spans: phase.maxSpans ?? 0 });
    this.#isPrepared = true;
  }

  /** Sends until the phase ends. */
  async run(phase: LoadPhase): Promise<LoadReport> {
    if (!this.#isPrepared) await this.prepare(phase);
    this.#isPrepared = false;
    const answer = await this.#process.ask({ kind: 'run', phase });
    if (answer.kind !== 'report') throw new Error(`the load answered ${answer.kind}`);
    return answer.report;
  }

  /** From now on the phase under way, an open loop, has this rate. */
  pace(spansPerSecond: number): void {
    this.#process.tell({ kind: 'pace', spansPerSecond });
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }
}
