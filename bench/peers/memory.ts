import { setTimeout as sleep } from 'node:timers/promises';
import { openLoad } from '../drive.ts';
import type { LoadReport } from '../load/load-messages.ts';
import { note } from '../report/progress.ts';
import { alignedTable, number } from '../report/table.ts';
import type { Server } from '../server/server.ts';
import { Sink } from '../sink/sink.ts';
import { CONTENDERS, startContender, type Contender } from './contenders.ts';

const SPANS_PER_REQUEST = 512;
/** Long enough that nothing is decided while spans still come, even by the slowest. */
const DECISION_WAIT_SECONDS = 40;
/** After this a process has given back what it used for the requests themselves, if it ever does. */
const SETTLE_MS = 3000;
const GIVEN_BACK_AFTER_MS = 60_000;

interface MemoryResult {
  readonly name: Contender;
  readonly waitingSpans: number;
  readonly idleBytes: number;
  readonly waitingBytes: number;
  /** A minute after the last trace was decided. */
  readonly laterBytes: number;
  readonly wireBytesPerSpan: number;
}

/** What a process holds while so many spans wait in it, over what it holds when idle. */
async function measureMemory(name: Contender, waitingSpans: number): Promise<MemoryResult> {
  const sink = await Sink.start();
  const server = await startContender(name, sink.port, DECISION_WAIT_SECONDS);
  try {
    await sleep(SETTLE_MS);
    const idleBytes = server.usage().residentBytes;
    const report = await fill(server, waitingSpans);
    await sleep(SETTLE_MS);
    const waitingBytes = server.usage().residentBytes;
    await server.drained();
    await sleep(GIVEN_BACK_AFTER_MS);
    const laterBytes = server.usage().residentBytes;
    const wireBytesPerSpan = report.bytes / report.spans;
    const result = { name, waitingSpans: report.spans, idleBytes, waitingBytes, laterBytes, wireBytesPerSpan };
    note(`${name}: ${number(perSpan(result))} bytes a waiting span`);
    return result;
  } finally {
    await server.stop();
    await sink.stop();
  }
}

async function fill(server: Server, waitingSpans: number): Promise<LoadReport> {
  const load = await openLoad(server, { spansPerRequest: SPANS_PER_REQUEST, isGzip: false });
  try {
    const report = await load.run({ maxSpans: waitingSpans, maxSeconds: DECISION_WAIT_SECONDS });
    if (1000 * (DECISION_WAIT_SECONDS - report.seconds) < SETTLE_MS) throw new Error(`${server.name} took the load too slowly`);
    return report;
  } finally {
    await load.stop();
  }
}

const HEAD = ['', 'spans waiting', 'idle MiB', 'waiting MiB', 'a minute later MiB', 'bytes a waiting span', '× wire bytes'];

export async function memoryTable(waitingSpans: number): Promise<string> {
  const rows: string[][] = [];
  for (const name of CONTENDERS) {
    const result = await measureMemory(name, waitingSpans);
    const { idleBytes, waitingBytes, laterBytes, wireBytesPerSpan } = result;
    const bytes = perSpan(result);
    rows.push([
      name,
      result.waitingSpans.toLocaleString('en-US'),
      ...[idleBytes, waitingBytes, laterBytes].map((value) => number(value / 2 ** 20)),
      number(bytes),
      number(bytes / wireBytesPerSpan),
    ]);
  }
  return alignedTable(HEAD, rows);
}

function perSpan({ waitingBytes, idleBytes, waitingSpans }: MemoryResult): number {
  return (waitingBytes - idleBytes) / waitingSpans;
}
