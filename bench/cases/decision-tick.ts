import type { Consumer } from '../../src/consumer/consumer.ts';
import { systemClock, type Clock } from '../../src/internal/clock.ts';
import { caseOptions, cpuNsSince, tellResult } from './case.ts';
import { RequestPool } from './request-pool.ts';
import { tailSampling } from './window-driver.ts';

/** So many traces fall due in one moment, while requests keep coming. */
export interface DecisionTickOptions {
  readonly ripeTraces: number;
}

export interface DecisionTickResult {
  /**
   * Longest time in which no request could be taken, ms: between two turns of the event loop, by the clock or by the
   * processor's time, whichever is less: one counts what other processes took, the other what V8's threads did beside.
   */
  readonly longestBlockMs: number;
  /** From the moment until the last of them was decided, ms. */
  readonly decidedMs: number;
}

const DECISION_WAIT_MS = 3_600_000;
const SPANS_PER_REQUEST = 512;
const WARM_UP_ROUNDS = 4;

let skippedMs = 0;
/** Real time, but for the hour that is skipped. */
const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + skippedMs };

const { ripeTraces } = caseOptions as DecisionTickOptions;
const pool = new RequestPool({ spansPerRequest: SPANS_PER_REQUEST, spansPerTrace: 10, seed: 1 });
const options = { decisionWaitMs: DECISION_WAIT_MS, numTraces: 4 * ripeTraces, policies: 'workload' } as const;

async function fill(processor: Consumer): Promise<void> {
  for (let traces = 0; traces < ripeTraces; traces += SPANS_PER_REQUEST) {
    for (const bytes of pool.nextRound()) {
      await processor.consume({ signal: 'traces', bytes, itemCount: SPANS_PER_REQUEST, retainable: false, scan: undefined });
    }
  }
}

async function measure(): Promise<DecisionTickResult> {
  const { processor, waitingSpans } = tailSampling(options, clock);
  await processor.start();
  await fill(processor);
  globalThis.gc?.();
  const startMs = performance.now();
  skippedMs += DECISION_WAIT_MS;
  let longestBlockMs = 0;
  while (waitingSpans() > 0) {
    const turn = process.cpuUsage();
    const turnMs = performance.now();
    await new Promise((resolve) => setImmediate(resolve));
    longestBlockMs = Math.max(longestBlockMs, Math.min(performance.now() - turnMs, cpuNsSince(turn) / 1e6));
  }
  const decidedMs = performance.now() - startMs;
  await processor.shutdown({ signal: AbortSignal.abort(), remainingMs: () => 0 });
  return { longestBlockMs, decidedMs };
}

// What is compiled meanwhile takes turns with what is measured.
for (let round = 0; round < WARM_UP_ROUNDS; round++) await measure();
tellResult(await measure());
process.exit();
