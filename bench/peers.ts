import { parseArgs } from 'node:util';
import type { Traffic } from './drive.ts';
import { buildCollector, COLLECTOR_VERSION, PeerMissing } from './peers/collector.ts';
import { memoryTable } from './peers/memory.ts';
import { throughputRows, throughputTable } from './peers/throughput.ts';
import { note } from './report/progress.ts';
import { writeSection } from './report/results-file.ts';

/** `npm run bench:peers`: Tailrace and the Collector under the same load. */
const EXIT_PEER_MISSING = 3;
const ALL_SIZES = '512,100,10,1';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3', short: 'r' },
    scale: { type: 'string', default: '1', short: 's' },
    sizes: { type: 'string', default: ALL_SIZES },
    'warm-up': { type: 'string' },
  },
});
const scale = Number(values.scale);

const TRAFFIC: readonly Traffic[] = values.sizes
  .split(',')
  .map(Number)
  .flatMap((spansPerRequest) => [false, true].map((isGzip) => ({ spansPerRequest, isGzip })));

async function compare(): Promise<void> {
  await buildCollector();
  const warmUp = values['warm-up'];
  const options = { runs: Number(values.runs), scale, warmUpSeconds: warmUp === undefined ? undefined : Number(warmUp) };
  const rows: string[][] = [];
  for (const traffic of TRAFFIC) rows.push(...(await throughputRows(traffic, options)));
  const throughput = throughputTable(rows);
  const memory = warmUp === undefined ? await memoryTable(scale) : '';
  const howMany = values.runs === '1' ? 'one run' : `median of ${values.runs} runs`;
  const body = `Collector ${COLLECTOR_VERSION}, ${howMany} each.\n\n${throughput}\n${memory}`;
  process.stdout.write(`\n${body}`);
  // A run of another length, or of a part, is a look and not a result.
  if (scale === 1 && warmUp === undefined && values.sizes === ALL_SIZES) writeSection('peers', body);
}

try {
  await compare();
} catch (error) {
  if (!(error instanceof PeerMissing)) throw error;
  note(error.message);
  process.exitCode = EXIT_PEER_MISSING;
}
