import { runCase } from './cases/case-process.ts';
import type { WalkOptions, WalkResult } from './cases/walk.ts';
import type { WindowCaseOptions, WindowCaseResult } from './cases/window.ts';
import { drive, label, type Drive, type Traffic } from './drive.ts';
import { phasesOf } from './phases.ts';
import { note } from './report/progress.ts';
import { percent } from './report/table.ts';
import { startScript } from './server/script-server.ts';
import type { Server } from './server/server.ts';
import { startTailrace } from './server/tailrace.ts';
import { Sink } from './sink/sink.ts';

/** How much is measured. */
export interface Effort {
  readonly runs: number;
  /** 1 for figures; less for a look. */
  readonly scale: number;
}

/** Short, so that runs need not wait long; the cost of a span does not depend on it, only memory does. */
const DECISION_WAIT_SECONDS = 1;
const WAITING_SPANS = 100_000;
const WALKED_SPANS = 1_000_000;
const WINDOWED_SPANS = 2_000_000;

/** Servers that are measured against each other, the first being what the others are held against. */
export const SERVERS = ['bare grpc-js', 'bare node:http2', 'otlp receiver', 'whole path'] as const;
export type ServerName = (typeof SERVERS)[number];

export async function measureWalk(spansPerRequest: number, { runs, scale }: Effort): Promise<WalkResult> {
  note(`walk, ${spansPerRequest} spans a request`);
  const options: WalkOptions = { spansPerRequest, runs, spansPerRun: scale * WALKED_SPANS };
  return runCase<WalkResult>('walk.js', options);
}

export async function measureWindow(spansPerRequest: number, { runs, scale }: Effort): Promise<WindowCaseResult> {
  note(`window, ${spansPerRequest} spans a request`);
  const options: WindowCaseOptions = {
    spansPerRequest,
    spansPerTrace: 10,
    waitingSpans: WAITING_SPANS,
    policies: 'workload',
    runs,
    spansPerRun: scale * WINDOWED_SPANS,
  };
  return runCase<WindowCaseResult>('window.js', options);
}

/** A server under load, run by run. */
export interface ServerRuns {
  /** Of the server's core for a span. */
  readonly us: readonly number[];
  /** Of the load generator. */
  readonly idleShare: readonly number[];
}

/** By server; they take turns, each time as new processes. */
export async function measureServers(traffic: Traffic, servers: readonly ServerName[], effort: Effort): Promise<Map<ServerName, ServerRuns>> {
  const measured = new Map(servers.map((name) => [name, { us: [] as number[], idleShare: [] as number[] }]));
  for (let run = 0; run < effort.runs; run++) {
    for (const name of servers) {
      const { cpuSeconds, load } = await driveOnce(name, traffic, effort.scale);
      const us = (1e6 * cpuSeconds) / load.spans;
      note(`${name}, ${label(traffic)} spans a request: ${us.toFixed(2)} µs a span (load idle ${percent(load.idleShare)})`);
      if (load.refused > 0) throw new Error(`${name} refused ${load.refused} of ${load.requests} requests`);
      const runs = measured.get(name)!;
      runs.us.push(us);
      runs.idleShare.push(load.idleShare);
    }
  }
  return measured;
}

async function driveOnce(name: ServerName, traffic: Traffic, scale: number): Promise<Drive> {
  const sink = await Sink.start();
  let server: Server | undefined;
  try {
    server =
      name === 'whole path'
        ? await startTailrace({ backendPort: sink.port, decisionWaitSeconds: DECISION_WAIT_SECONDS })
        : await startScript(name);
    return await drive(server, sink, phasesOf(traffic, scale));
  } finally {
    await server?.stop();
    await sink.stop();
  }
}
