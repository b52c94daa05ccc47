import { setTimeout as sleep } from 'node:timers/promises';
import type { MetricsText } from '../test/support/metrics-text.ts';

const POLL_MS = 200;
const WINDOW_MS = 5000;
const POLICY = { policy: 'rest' };

interface Reading {
  readonly atMs: number;
  /** Spans that the policy has kept so far. */
  readonly kept: number;
}

/** From the first kept span on, as the metrics have it. */
export interface Kept {
  /** Spans a second: what the policy is to keep, what it kept on average, and the most over any five seconds. */
  readonly goal: number;
  readonly mean: number;
  readonly most: number;
}

/** Looks again and again at what the adaptive policy has kept, until `over` settles. */
export async function watchKept(scrape: () => Promise<MetricsText>, over: Promise<unknown>): Promise<Kept> {
  const end = new AbortController();
  const abort = (): void => end.abort();
  over.then(abort, abort);
  const readings: Reading[] = [];
  let goal = 0;
  while (!end.signal.aborted) {
    const metrics = await scrape();
    goal = metrics.total('tailrace_tail_sampling_adaptive_goal', POLICY);
    readings.push({ atMs: performance.now(), kept: metrics.total('tailrace_tail_sampling_kept_spans_total', POLICY) });
    await sleep(POLL_MS);
  }
  const first = Math.max(0, readings.findIndex(({ kept }) => kept > 0) - 1);
  return { goal, mean: perSecond(readings[first], readings.at(-1)), most: mostKept(readings) };
}

function mostKept(readings: readonly Reading[]): number {
  return Math.max(0, ...readings.map((from) => perSecond(from, readings.find(({ atMs }) => atMs >= from.atMs + WINDOW_MS))));
}

function perSecond(from: Reading | undefined, to: Reading | undefined): number {
  return from === undefined || to === undefined || to === from ? 0 : ((to.kept - from.kept) / (to.atMs - from.atMs)) * 1000;
}
