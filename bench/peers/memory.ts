import { setTimeout as sleep } from 'node:timers/promises';
import { openLoad } from '../drive.ts';
import type { LoadReport } from '../load/load-messages.ts';
import { note } from '../report/progress.ts';
import { alignedTable, number } from '../report/table.ts';
import type { Server } from '../server/server.ts';
import { Sink } from '../sink/sink.ts';
import { CONTENDERS, startContender, type Contender } from './contenders.ts';

const WAITING_SPANS = 1_000_000;
const CASES: readonly MemoryCase[] = [
  { spansPerRequest: 512, looksLater: true },
  { spansPerRequest: 100 },
  { spansPerRequest: 10 },
  { spansPerRequest: 1 },
];
/** Long enough that nothing is decided while spans still come, even one by one to the slowest. */
const DECISION_WAIT_SECONDS = 120;
/** After this a process has given back what it used for the requests themselves, if it ever does. */
const SETTLE_MS = 3000;
const GIVEN_BACK_AFTER_MS = 60_000;

interface MemoryCase {
  readonly spansPerRequest: number;
  /** Whether to look, a minute after the last decision, at what has been given back. */
  readonly looksLater?: boolean;
}

interface MemoryResult {
  readonly waitingSpans: number;
  readonly idleBytes: number;
  readonly waitingBytes: number;
  /** A minute after the last trace was decided. */
  readonly laterBytes: number | undefined;
  readonly wireBytesPerSpan: number;
}

/** What a process holds while so many spans wait in it, over what it holds when idle. */
async function measureMemory(name: Contender, { spansPerRequest, looksLater = false }: MemoryCase, waitingSpans: number): Promise<MemoryResult> {
  const sink = await Sink.start();
  const server = await startContender(name, sink.port, DECISION_WAIT_SECONDS);
  try {
    await sleep(SETTLE_MS);
    const idleBytes = server.usage().residentBytes;
    const report = await fill(server, spansPerRequest, waitingSpans);
    await sleep(SETTLE_MS);
    const waitingBytes = server.usage().residentBytes;
    const laterBytes = looksLater ? await residentLater(server) : undefined;
    const result = { waitingSpans: report.spans, idleBytes, waitingBytes, laterBytes, wireBytesPerSpan: report.messageBytes / report.spans };
    note(`${name}, ${spansPerRequest} spans a request: ${number(perSpan(result))} bytes a waiting span`);
    return result;
  } finally {
    await server.stop();
    await sink.stop();
  }
}

async function residentLater(server: Server): Promise<number> {
  await server.drained();
  await sleep(GIVEN_BACK_AFTER_MS);
  return server.usage().residentBytes;
}

async function fill(server: Server, spansPerRequest: number, waitingSpans: number): Promise<LoadReport> {
  const load = await openLoad(server, { spansPerRequest, isGzip: false });
  try {
    const report = await load.run({ maxSpans: waitingSpans, maxSeconds: DECISION_WAIT_SECONDS });
    if (1000 * (DECISION_WAIT_SECONDS - report.seconds) < SETTLE_MS) throw new Error(`${server.name} took the load too slowly`);
    return report;
  } finally {
    await load.stop();
  }
}

const HEAD = ['', 'spans a request', 'spans waiting', 'idle MiB', 'waiting MiB', 'a minute later MiB', 'bytes a waiting span', '× wire bytes'];

/** Plain only: what waits of a compressed request is what was in it. */
export async function memoryTable(scale: number): Promise<string> {
  const rows: string[][] = [];
  for (const one of CASES) {
    for (const name of CONTENDERS) {
      const result = await measureMemory(name, one, scale * WAITING_SPANS);
      rows.push([name, String(one.spansPerRequest), ...cells(result)]);
    }
  }
  return alignedTable(HEAD, rows);
}

function cells(result: MemoryResult): string[] {
  const { waitingSpans, idleBytes, waitingBytes, laterBytes, wireBytesPerSpan } = result;
  const bytes = perSpan(result);
  return [
    waitingSpans.toLocaleString('en-US'),
    ...[idleBytes, waitingBytes, laterBytes].map((value) => (value === undefined ? '–' : number(value / 2 ** 20))),
    number(bytes),
    number(bytes / wireBytesPerSpan),
  ];
}

function perSpan({ waitingBytes, idleBytes, waitingSpans }: MemoryResult): number {
  return (waitingBytes - idleBytes) / waitingSpans;
}
