import { scanTraces } from '../../src/pdata/otlp/scan-traces.ts';
import { SpanScan } from '../../src/pdata/otlp/span-scan.ts';
import { caseOptions, cpuNsSince, tellResult } from './case.ts';
import { CopyTarget } from './copy-target.ts';
import { RequestPool } from './request-pool.ts';

/** One walk over the bytes of requests, against a copy of the same bytes. */
export interface WalkOptions {
  readonly spansPerRequest: number;
  readonly runs: number;
  readonly spansPerRun: number;
}

/** ns a span, by run. */
export interface WalkResult {
  readonly copyNs: readonly number[];
  readonly walkNs: readonly number[];
}

const { spansPerRequest, runs, spansPerRun } = caseOptions as WalkOptions;
const pool = new RequestPool({ spansPerRequest, spansPerTrace: 10, seed: 1 });
const target = new CopyTarget();
const scan = new SpanScan();
const rounds = Math.ceil(spansPerRun / pool.spansPerRound);
const requests = Array.from({ length: rounds }, () => pool.nextRound()).flat();
const spans = rounds * pool.spansPerRound;

const copyNs: number[] = [];
const walkNs: number[] = [];
// The first run is the warm-up.
for (let run = 0; run <= runs; run++) {
  const beforeCopy = process.cpuUsage();
  for (const bytes of requests) target.take(bytes);
  const copied = cpuNsSince(beforeCopy) / spans;
  const beforeWalk = process.cpuUsage();
  for (const bytes of requests) scanTraces(bytes, scan);
  const walked = cpuNsSince(beforeWalk) / spans;
  if (run === 0) continue;
  copyNs.push(copied);
  walkNs.push(walked);
}
tellResult({ copyNs, walkNs } satisfies WalkResult);
