import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../test/support/project.ts';
import { measureServers, measureWalk, measureWindow, type Effort } from './measures.ts';
import { alignedTable, number } from './report/table.ts';

/**
 * `npm run bench:check`: fails when something has become slower than it was, told by ratios against what is measured in the
 * same minute. `--record` writes down how it is now.
 */
const { values } = parseArgs({ options: { record: { type: 'boolean', default: false } } });

const FILE = join(projectRoot, 'bench', 'recorded.json');
/** Machines differ and are shared: less than this of a recorded ratio is not their doing. */
const LEAST_SHARE = 0.75;

/** Enough to tell a quarter, within a minute. The best of the runs counts: what disturbs one only ever makes it slower. */
const CASES: Effort = { runs: 8, scale: 0.2 };
const SERVERS: Effort = { runs: 2, scale: 0.2 };
/** A machine that others use may be slow for so long; what has really become slower is so each time. */
const ATTEMPTS = 3;

/** Speeds of ours as shares of the speed of what they are held against, by name: more is better. */
type Ratios = Readonly<Record<string, number>>;

async function measureRatios(): Promise<Ratios> {
  const walk = await measureWalk(512, CASES);
  const window = await measureWindow(512, CASES);
  const ratios: Record<string, number> = {
    'walk against copy, 512 spans a request': Math.min(...walk.copyNs) / Math.min(...walk.walkNs),
    'window against copy, 512 spans a request': Math.min(...window.copyNs) / Math.min(...window.windowNs),
  };
  for (const spansPerRequest of [512, 10]) {
    const servers = await measureServers({ spansPerRequest, isGzip: false }, ['bare grpc-js', 'whole path'], SERVERS);
    const ratio = Math.min(...servers.get('bare grpc-js')!.us) / Math.min(...servers.get('whole path')!.us);
    ratios[`whole path against bare grpc-js, ${spansPerRequest} spans a request`] = ratio;
  }
  return ratios;
}

function readRecorded(): Ratios {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Ratios;
}

/** The names of those that fell too far. */
function compare(now: Ratios, recorded: Ratios): string[] {
  const rows = Object.entries(now).map(([name, ratio]) => [name, number(recorded[name]), number(ratio), number(ratio / (recorded[name] ?? Number.NaN))]);
  process.stdout.write(`\n${alignedTable(['speed', 'recorded', 'now', 'now / recorded'], rows)}\n`);
  return Object.entries(recorded).flatMap(([name, ratio]) => ((now[name] ?? 0) < LEAST_SHARE * ratio ? [name] : []));
}

async function record(): Promise<void> {
  const now = await measureRatios();
  const rounded = Object.fromEntries(Object.entries(now).map(([name, ratio]) => [name, Number(ratio.toPrecision(3))]));
  writeFileSync(FILE, `${JSON.stringify(rounded, undefined, 2)}\n`);
}

/** Whether each ratio was well at one attempt at least. */
async function check(): Promise<boolean> {
  const recorded = readRecorded();
  let slower = Object.keys(recorded);
  for (let attempt = 0; attempt < ATTEMPTS && slower.length > 0; attempt++) {
    const stillSlower = new Set(compare(await measureRatios(), recorded));
    slower = slower.filter((name) => stillSlower.has(name));
  }
  for (const name of slower) process.stdout.write(`too slow: ${name} fell below ${LEAST_SHARE * 100} % of what was recorded\n`);
  return slower.length === 0;
}

if (values.record) await record();
else process.exitCode = (await check()) ? 0 : 1;
