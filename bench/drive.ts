import { Load } from './load/load.ts';
import type { LoadPhase, LoadReport } from './load/load-messages.ts';
import type { Server } from './server/server.ts';
import type { SinkReport } from './sink/sink-messages.ts';
import type { Sink } from './sink/sink.ts';

/** Each load has a seed of its own: trace ids that come again would be late spans of traces already decided. */
let nextSeed = 20_260_401;

export interface Traffic {
  readonly spansPerRequest: number;
  readonly isGzip: boolean;
}

export function label({ spansPerRequest, isGzip }: Traffic): string {
  return `${spansPerRequest}${isGzip ? ' gzip' : ''}`;
}

export interface DriveOptions extends Traffic {
  /** Until the compilers have seen everything; not counted. */
  readonly warmUp: LoadPhase;
  /** How often that is sent, from an empty window to an empty window. */
  readonly warmUpRounds: number;
  readonly measured: LoadPhase;
}

/** The measured phase and all that came of it. */
export interface Drive {
  readonly load: LoadReport;
  /** Of the server, from the first request until the last kept trace had arrived. */
  readonly cpuSeconds: number;
  readonly spansPerCoreSecond: number;
  readonly sink: SinkReport;
  /** Traces that the server decided to keep; undefined where none are decided. */
  readonly keptTraces: number | undefined;
}

/** A load for `server`, opened. */
export function openLoad(server: Server, { spansPerRequest, isGzip }: Traffic): Promise<Load> {
  return Load.open({ port: server.port, seed: nextSeed++, spansPerRequest, isGzip });
}

/**
 * Sends one load to a server and counts the processor time that the server takes for all that comes of it: decisions and
 * forwarding too, which it may do long after the load has ended.
 */
export async function drive(server: Server, sink: Sink, options: DriveOptions): Promise<Drive> {
  const load = await openLoad(server, options);
  try {
    for (let round = 0; round < options.warmUpRounds; round++) {
      await load.run(options.warmUp);
      await server.drained();
      await sink.settled();
    }
    await sink.reset();
    await load.prepare(options.measured);
    const keptBefore = await server.keptTraces();
    const cpuBefore = server.usage().cpuSeconds;
    const report = await load.run(options.measured);
    await server.drained();
    const arrived = await sink.settled();
    const cpuSeconds = server.usage().cpuSeconds - cpuBefore;
    const keptAfter = await server.keptTraces();
    const keptTraces = keptBefore === undefined || keptAfter === undefined ? undefined : keptAfter - keptBefore;
    return { load: report, cpuSeconds, spansPerCoreSecond: report.spans / cpuSeconds, sink: arrived, keptTraces };
  } finally {
    await load.stop();
  }
}
