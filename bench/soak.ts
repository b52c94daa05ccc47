import { writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { projectRoot } from '../test/support/project.ts';
import { openLoad, type Traffic } from './drive.ts';
import type { LoadReport } from './load/load-messages.ts';
import type { Load } from './load/load.ts';
import { note } from './report/progress.ts';
import { writeSection } from './report/results-file.ts';
import { quantile } from './report/statistics.ts';
import { svgChart } from './report/svg-chart.ts';
import { alignedTable, number, percent } from './report/table.ts';
import type { SamplerServer } from './server/sampler-server.ts';
import { startTailrace } from './server/tailrace.ts';
import { Sink } from './sink/sink.ts';
import { LONG_MS, notShared, type Pauses } from './support/pauses.ts';

/** `npm run bench:soak`: so many minutes of a load that keeps the server's core 70 % busy. */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10', short: 'm' },
    share: { type: 'string', default: '0.7' },
    size: { type: 'string', default: '512' },
  },
});
const minutes = Number(values.minutes);
const share = Number(values.share);
const traffic: Traffic = { spansPerRequest: Number(values.size), isGzip: false };

/** The full length of the run that is published. */
const PUBLISHED_MINUTES = 10;
const DECISION_WAIT_SECONDS = 5;
/** Half a minute of decisions at least: full when the ten minutes begin, so that memory which grows after that is a leak. */
const DECISION_CACHE = '{sampled_cache_size: 250000, non_sampled_cache_size: 2000000}';
const CAPACITY_SECONDS = 15;
/** Until the window has given back what only the search for the capacity needed. */
const WARM_UP_SECONDS = 60;

/** A core busier than this is not at 70 % of its capacity: the machine has become slower, or what the server does costs more just then. */
const CROWDED_SHARE = 0.9;

/** How often the load is made to fit, and how much of the cost of a span, as it is estimated, is that of the last time. */
const PACE_MS = 1000;
const NEWEST_SHARE = 0.2;

/** The server and its load in one second. */
interface Sample {
  /** From the first request to the end of this second. */
  readonly seconds: number;
  readonly residentBytes: number;
  readonly busyShare: number;
  readonly spansPerSecond: number;
}

/** The rate that fills the core, after the compilers have seen everything. */
async function capacity(server: SamplerServer): Promise<number> {
  const load = await openLoad(server, traffic);
  try {
    let report: LoadReport | undefined;
    for (let round = 0; round < 2; round++) report = await load.run({ maxSeconds: CAPACITY_SECONDS });
    return report === undefined ? 0 : report.spans / report.seconds;
  } finally {
    await load.stop();
  }
}

/**
 * Sends for so long, at a rate that keeps the core as busy as was asked for. The speed of a shared machine differs by a third
 * from one minute to the next: a fixed rate would be 70 % of capacity now and more than all of it then, and times would tell of the
 * machine.
 */
async function sendPaced(load: Load, server: SamplerServer, seconds: number, spansPerSecond: number): Promise<{ report: LoadReport; samples: Sample[] }> {
  const samples: Sample[] = [];
  let rate = spansPerSecond;
  let busyPerRate = share / rate;
  const startMs = performance.now();
  let before = { atMs: startMs, ...server.usage() };
  const timer = setInterval(() => {
    const now = { atMs: performance.now(), ...server.usage() };
    const busyShare = (1000 * (now.cpuSeconds - before.cpuSeconds)) / (now.atMs - before.atMs);
    before = now;
    samples.push({ seconds: (now.atMs - startMs) / 1000, residentBytes: now.residentBytes, busyShare, spansPerSecond: rate });
    busyPerRate += NEWEST_SHARE * (busyShare / rate - busyPerRate);
    rate = share / busyPerRate;
    load.pace(rate);
  }, PACE_MS);
  try {
    return { report: await load.run({ maxSeconds: seconds, spansPerSecond }), samples };
  } finally {
    clearInterval(timer);
  }
}

async function soak(pausesFile: string): Promise<string> {
  const sink = await Sink.start();
  const probe = pathToFileURL(join(projectRoot, 'build', 'bench', 'support', 'pause-probe.js'));
  probe.searchParams.set('file', pausesFile);
  const server = await startTailrace({
    backendPort: sink.port,
    decisionWaitSeconds: DECISION_WAIT_SECONDS,
    decisionCache: DECISION_CACHE,
    nodeArgs: ['--import', probe.href],
  });
  try {
    const most = await capacity(server);
    note(`capacity ${number(most)} spans a second; ${minutes} minutes at ${percent(share)}`);
    const load = await openLoad(server, traffic);
    const { samples: warmUp } = await sendPaced(load, server, WARM_UP_SECONDS, share * most);
    server.signal('SIGUSR2');
    const { report, samples } = await sendPaced(load, server, 60 * minutes, warmUp.at(-1)?.spansPerSecond ?? share * most);
    await load.stop();
    await server.drained();
    const arrived = await sink.settled();
    const kept = await server.keptTraces();
    await server.stop();
    const pauses = JSON.parse(await readFile(pausesFile, 'utf8')) as Pauses;
    drawMemory(samples);
    return describe({ most, report, samples, pauses, whole: arrived.wholeTraces, kept });
  } finally {
    await server.stop();
    await sink.stop();
  }
}

interface Soaked {
  readonly most: number;
  readonly report: LoadReport;
  readonly samples: readonly Sample[];
  readonly pauses: Pauses;
  readonly whole: number;
  readonly kept: number;
}

function describe({ most, report, samples, pauses, whole, kept }: Soaked): string {
  const mib = (at: number): string => number(samples[Math.floor(at * (samples.length - 1))]!.residentBytes / 2 ** 20);
  const { p50, p99, max } = report.latencyMs;
  const own = notShared(pauses.long, report.ownPauses.long).map(({ ms }) => ms).sort((a, b) => a - b).at(-1);
  const busy = Float64Array.from(samples, ({ busyShare }) => busyShare).sort();
  const rates = Float64Array.from(samples, ({ spansPerSecond }) => spansPerSecond).sort();
  const p99s = Float64Array.from(report.secondsP99Ms).sort();
  const calm = Float64Array.from(report.secondsP99Ms.filter((_, second) => busiest(samples, second) <= CROWDED_SHARE)).sort();
  const rows = [
    ['capacity', `${number(most)} spans a second`],
    ['load', `${number(report.spans / report.seconds)} spans a second for ${number(report.seconds / 60)} minutes, ${report.refused} requests refused`],
    ['of a second: least, median, most', [0, 0.5, 1].map((at) => number(quantile(rates, at))).join(', ')],
    ['core busy in a second: least, median, most', [0, 0.5, 1].map((at) => percent(quantile(busy, at))).join(', ')],
    ['resident memory at 1/5, 2/5, 3/5, 4/5 and the end', `${[0.2, 0.4, 0.6, 0.8, 1].map(mib).join(', ')} MiB`],
    ['acknowledgement p50, p99, max', `${number(p50)}, ${number(p99)}, ${number(max)} ms`],
    ['p99 of a second: median, 9 of 10 below, most', `${spreadOf(p99s)} ms`],
    [`the same of seconds with the core at most ${percent(CROWDED_SHARE)} busy`, `${spreadOf(calm)} ms; ${calm.length} of ${p99s.length} seconds`],
    ['pause of the event loop p99, longest', `${number(pauses.p99Ms)}, ${number(pauses.longestMs)} ms`],
    ['the longest that the load generator, on the other core, did not share', own === undefined ? `below ${LONG_MS} ms` : `${number(own)} ms`],
    ['pause of the load generator p99, longest', `${number(report.ownPauses.p99Ms)}, ${number(report.ownPauses.longestMs)} ms; idle ${percent(report.idleShare)}`],
    ['kept traces that arrived whole, warm-up included', `${whole.toLocaleString('en-US')} of ${kept.toLocaleString('en-US')}`],
  ];
  return `${alignedTable(['', `${traffic.spansPerRequest} spans a request`], rows)}\n![resident memory](soak-memory.svg)\n`;
}

function spreadOf(sorted: Float64Array): string {
  return [0.5, 0.9, 1].map((at) => number(quantile(sorted, at))).join(', ');
}

/** The most of what the samples say that have a part of this second, counted from 0. */
function busiest(samples: readonly Sample[], second: number): number {
  return Math.max(...samples.flatMap(({ seconds, busyShare }) => (seconds > second && seconds - PACE_MS / 1000 < second + 1 ? [busyShare] : [])));
}

function drawMemory(samples: readonly Sample[]): void {
  const svg = svgChart({
    title: `Resident memory, core ${percent(share)} busy`,
    x: { label: 'minutes', scale: 'linear' },
    y: { label: 'MiB', scale: 'linear' },
    series: [{ name: 'Tailrace', points: samples.map(({ seconds, residentBytes }) => [seconds / 60, residentBytes / 2 ** 20]) }],
  });
  writeFileSync(join(projectRoot, minutes === PUBLISHED_MINUTES ? 'bench' : 'build', 'soak-memory.svg'), svg);
}

const directory = await mkdtemp(join(tmpdir(), 'tailrace-soak-'));
try {
  const body = await soak(join(directory, 'pauses.json'));
  process.stdout.write(`\n${body}`);
  if (minutes === PUBLISHED_MINUTES) writeSection('soak', body);
} finally {
  await rm(directory, { recursive: true, force: true });
}
