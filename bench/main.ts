import { parseArgs } from 'node:util';
import { label, type Traffic } from './drive.ts';
import { measureServers, measureWalk, measureWindow, SERVERS, type Effort } from './measures.ts';
import { machineFacts } from './report/machine.ts';
import { writeSection } from './report/results-file.ts';
import { summarize, type Runs } from './report/statistics.ts';
import { alignedTable, number, percent } from './report/table.ts';

/** `npm run bench`: what each part costs, as a ratio against something measured in the same run. */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5', short: 'r' },
    scale: { type: 'string', default: '1', short: 's' },
  },
});
const effort: Effort = { runs: Number(values.runs), scale: Number(values.scale) };

const SIZES = [512, 400, 100, 10, 1];
const TRAFFIC: readonly Traffic[] = [
  ...SIZES.map((spansPerRequest) => ({ spansPerRequest, isGzip: false })),
  ...[512, 10].map((spansPerRequest) => ({ spansPerRequest, isGzip: true })),
];

const HEAD = ['case', 'spans a request', 'µs a span', '±', 'spans a core-second', '× copy', '× bare grpc-js', 'load idle'];

/** What a cost is held against, µs a span, and how little the load generator had to do where there was one. */
interface Against {
  readonly copy: number | undefined;
  readonly bare?: number;
  readonly idleShare?: number;
}

function row(name: string, traffic: Traffic, cost: Runs, { copy, bare, idleShare }: Against): string[] {
  return [
    name,
    label(traffic),
    number(cost.median),
    percent(cost.spread),
    number(1e6 / cost.median),
    copy === undefined ? '–' : number(cost.median / copy),
    bare === undefined ? '–' : number(cost.median / bare),
    idleShare === undefined ? '–' : percent(idleShare),
  ];
}

const rows: string[][] = [];
const copies = new Map<number, number>();
for (const spansPerRequest of SIZES) {
  const traffic = { spansPerRequest, isGzip: false };
  const walk = await measureWalk(spansPerRequest, effort);
  const window = await measureWindow(spansPerRequest, effort);
  const copy = summarize(inUs(walk.copyNs));
  copies.set(spansPerRequest, copy.median);
  rows.push(row('memory copy', traffic, copy, { copy: copy.median }));
  rows.push(row('walk', traffic, summarize(inUs(walk.walkNs)), { copy: copy.median }));
  rows.push(row('window', traffic, summarize(inUs(window.windowNs)), { copy: summarize(inUs(window.copyNs)).median }));
}
for (const traffic of TRAFFIC) {
  const servers = await measureServers(traffic, SERVERS, effort);
  const bare = summarize(servers.get('bare grpc-js')!.us).median;
  const copy = copies.get(traffic.spansPerRequest);
  for (const [name, { us, idleShare }] of servers) rows.push(row(name, traffic, summarize(us), { copy, bare, idleShare: Math.min(...idleShare) }));
}

const body = `Median of ${effort.runs} runs; ± is half of the distance between the least and the most; of the load's idle time, the least.\n\n${alignedTable(HEAD, rows)}`;
process.stdout.write(`\n${machineFacts()}.\n\n${body}`);
// A shortened run is a look, not a result.
if (effort.scale === 1) writeSection('bench', body);

function inUs(ns: readonly number[]): number[] {
  return ns.map((value) => value / 1000);
}
