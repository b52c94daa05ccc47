import { drive, label, type Drive, type Traffic } from '../drive.ts';
import { phasesOf, type PhaseSeconds } from '../phases.ts';
import { note } from '../report/progress.ts';
import { summarize } from '../report/statistics.ts';
import { alignedTable, number, percent } from '../report/table.ts';
import { Sink } from '../sink/sink.ts';
import { CONTENDERS, startContender, type Contender } from './contenders.ts';

/** As the published comparison has it; long enough that a trace is whole, short enough to wait for. */
const DECISION_WAIT_SECONDS = 5;

/**
 * The same load before as in the measured phase, so that the window has been as large: memory that the system has to make page
 * by page costs as much as several spans that lie in it, and a process that has run for a while has it.
 */
const LARGE: PhaseSeconds = { warmUp: 12, warmUpRounds: 2, measured: 12 };
/** Of small requests fewer spans come in the same time. */
const SMALL: PhaseSeconds = { warmUp: 8, warmUpRounds: 1, measured: 6 };
const LEAST_LARGE = 100;

export interface ThroughputOptions {
  readonly runs: number;
  readonly scale: number;
  readonly warmUpSeconds: number | undefined;
}

const HEAD = ['', 'spans a request', 'spans a core-second', '±', '× tuned', 'ack p50 ms', 'p99', 'max', 'kept traces that arrived whole', 'load idle'];

/** All contenders with the same load, one after the other, taking turns. */
export async function throughputRows(traffic: Traffic, options: ThroughputOptions): Promise<string[][]> {
  const drives = new Map(CONTENDERS.map((name): [Contender, Drive[]] => [name, []]));
  for (let run = 0; run < options.runs; run++) {
    for (const name of CONTENDERS) drives.get(name)!.push(await driveContender(name, traffic, options));
  }
  const tuned = summarize(drives.get('Collector, tuned')!.map((one) => one.spansPerCoreSecond)).median;
  return [...drives].map(([name, runs]) => row(name, traffic, runs, tuned));
}

export function throughputTable(rows: readonly (readonly string[])[]): string {
  return alignedTable(HEAD, rows);
}

async function driveContender(name: Contender, traffic: Traffic, { scale, warmUpSeconds }: ThroughputOptions): Promise<Drive> {
  const sink = await Sink.start();
  try {
    const server = await startContender(name, sink.port, DECISION_WAIT_SECONDS);
    try {
      const seconds = traffic.spansPerRequest < LEAST_LARGE ? SMALL : LARGE;
      const result = await drive(server, sink, phasesOf(traffic, scale, { ...seconds, warmUp: warmUpSeconds ?? seconds.warmUp }));
      note(
        `${name}, ${label(traffic)} spans a request: ${number(result.spansPerCoreSecond)} a core-second, ` +
          `${result.sink.wholeTraces} of ${result.keptTraces ?? 0} kept traces whole (load idle ${percent(result.load.idleShare)})`,
      );
      return result;
    } finally {
      await server.stop();
    }
  } finally {
    await sink.stop();
  }
}

function row(name: Contender, traffic: Traffic, runs: readonly Drive[], tuned: number): string[] {
  const speed = summarize(runs.map((one) => one.spansPerCoreSecond));
  const latency = (of: 'p50' | 'p99' | 'max'): string => number(summarize(runs.map(({ load }) => load.latencyMs[of])).median);
  const whole = runs.reduce((sum, { sink }) => sum + sink.wholeTraces, 0);
  const kept = runs.reduce((sum, { keptTraces = 0 }) => sum + keptTraces, 0);
  return [
    name,
    label(traffic),
    number(speed.median),
    percent(speed.spread),
    number(speed.median / tuned),
    latency('p50'),
    latency('p99'),
    latency('max'),
    `${(100 * (whole / kept)).toFixed(1)} %`,
    percent(Math.min(...runs.map(({ load }) => load.idleShare))),
  ];
}
