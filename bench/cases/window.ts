import { ManualClock } from '../../test/support/manual-clock.ts';
import { caseOptions, cpuNsSince, residentBytesNow, tellResult } from './case.ts';
import { CopyTarget } from './copy-target.ts';
import { RequestPool, type RequestPoolOptions } from './request-pool.ts';
import { tailSampling, type WindowOptions } from './window-driver.ts';

/** The window, the policies and the decisions, with so many spans waiting, against a copy of the same bytes. */
export interface WindowCaseOptions extends Omit<RequestPoolOptions, 'seed'> {
  readonly waitingSpans: number;
  readonly policies: WindowOptions['policies'];
  readonly runs: number;
  readonly spansPerRun: number;
}

/** ns a span, by run. */
export interface WindowCaseResult {
  readonly copyNs: readonly number[];
  readonly windowNs: readonly number[];
  readonly bytesPerSpan: number;
  /** What the process holds more for each span that waits. */
  readonly residentBytesPerSpan: number;
}

/** The decision clock's own step. */
const TICK_MS = 100;
const TICKS = 50;
/** Until all of it is compiled: a short run of few spans is over before that. */
const WARM_UP_SPANS = 500_000;

const options = caseOptions as WindowCaseOptions;
const pool = new RequestPool({ ...options, seed: 1 });
const roundsPerTick = Math.max(1, Math.round(options.waitingSpans / TICKS / pool.spansPerRound));
const spansPerTick = roundsPerTick * pool.spansPerRound;
const ticks = Math.max(1, Math.round(options.waitingSpans / spansPerTick));
const waitingSpans = ticks * spansPerTick;

const clock = new ManualClock();
const target = new CopyTarget();
const numTraces = Math.ceil((2 * (waitingSpans + spansPerTick)) / options.spansPerTrace) + 1000;
const { processor } = tailSampling({ decisionWaitMs: ticks * TICK_MS, numTraces, policies: options.policies }, clock);
await processor.start();

async function takeRound(requests: readonly Buffer[]): Promise<void> {
  for (const bytes of requests) {
    const request = { signal: 'traces', bytes, itemCount: options.spansPerRequest, retainable: false, scan: undefined } as const;
    await processor.consume(request);
  }
}

/** One tick's requests, then the tick; the stamping is not timed. Returns ns of both kinds. */
async function oneTick(): Promise<{ readonly copyNs: number; readonly windowNs: number }> {
  let copyNs = 0;
  let windowNs = 0;
  for (let round = 0; round < roundsPerTick; round++) {
    const requests = pool.nextRound();
    const beforeCopy = process.cpuUsage();
    for (const bytes of requests) target.take(bytes);
    copyNs += cpuNsSince(beforeCopy);
    const beforeWindow = process.cpuUsage();
    await takeRound(requests);
    windowNs += cpuNsSince(beforeWindow);
  }
  const beforeTick = process.cpuUsage();
  clock.tick(TICK_MS);
  await Promise.resolve();
  return { copyNs, windowNs: windowNs + cpuNsSince(beforeTick) };
}

const emptyBytes = residentBytesNow();
for (let tick = 0; tick < ticks; tick++) await oneTick();
const residentBytesPerSpan = (residentBytesNow() - emptyBytes) / waitingSpans;

const ticksPerRun = Math.max(1, Math.ceil(options.spansPerRun / spansPerTick));
const copyNs: number[] = [];
const windowNs: number[] = [];
for (let spans = 0; spans < WARM_UP_SPANS; spans += spansPerTick) await oneTick();
for (let run = 0; run < options.runs; run++) {
  let copied = 0;
  let windowed = 0;
  for (let tick = 0; tick < ticksPerRun; tick++) {
    const ns = await oneTick();
    copied += ns.copyNs;
    windowed += ns.windowNs;
  }
  copyNs.push(copied / ticksPerRun / spansPerTick);
  windowNs.push(windowed / ticksPerRun / spansPerTick);
}
tellResult({ copyNs, windowNs, bytesPerSpan: pool.bytesPerSpan, residentBytesPerSpan } satisfies WindowCaseResult);
process.exit();
