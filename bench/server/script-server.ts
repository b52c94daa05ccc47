import { serverCore } from '../support/cores.ts';
import { usageOf } from '../support/process-usage.ts';
import { WorkerProcess } from '../support/worker-process.ts';
import type { Server } from './server.ts';

/** What each of these scripts says when it listens. */
export interface Listening {
  readonly port: number;
}

/** Servers that are scripts of ours, by file. */
export const SCRIPTS = {
  'bare grpc-js': 'server/bare-grpc-js.js',
  'bare node:http2': 'server/bare-http2.js',
  'otlp receiver': 'server/receiver-alone.js',
} as const;

export type ScriptName = keyof typeof SCRIPTS;

/** Starts one; they keep nothing, so there is nothing to wait for. */
export async function startScript(name: ScriptName, nodeArgs: readonly string[] = []): Promise<Server> {
  const worker = WorkerProcess.start<never, Listening>(SCRIPTS[name], serverCore, { nodeArgs });
  const { port } = await worker.next();
  return {
    name,
    port,
    usage: () => usageOf(worker.pid),
    drained: () => Promise.resolve(),
    keptTraces: () => Promise.resolve(undefined),
    stop: () => worker.stop('SIGTERM'),
  };
}
