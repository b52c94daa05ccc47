import { beforeAll, expect, test } from 'vitest';
import { buildCollector, PeerMissing } from '../../bench/peers/collector.ts';
import { builtMain } from '../support/project.ts';
import type { RawSpan } from '../support/raw-spans.ts';
import type { RandomCase } from './random-case.ts';
import { randomCase } from './random-case.ts';
import { runCases } from './sampler.ts';

/** More of them, and others, on request: a case is a configuration and eight traces, and its seed says which. */
const CASES = Number(process.env['TAILRACE_DIFFERENTIAL_CASES'] ?? 150);
const FIRST_SEED = Number(process.env['TAILRACE_DIFFERENTIAL_SEED'] ?? 1);

const BUILD_MS = 900_000;
const RUN_MS = 600_000;

let collector: string | undefined;
beforeAll(async () => {
  try {
    collector = await buildCollector();
  } catch (error) {
    if (!(error instanceof PeerMissing)) throw error;
    process.stderr.write(`NOT COMPARED with the Collector: ${error.message}\n`);
  }
}, BUILD_MS);

test(
  'fresh random traces are decided as the Collector decides them',
  async (context) => {
    if (collector === undefined) return context.skip('there is no Collector to compare with');
    const cases = Array.from({ length: CASES }, (_, index) => randomCase(FIRST_SEED + index));
    const theirs = await runCases([collector], cases);
    const ours = await runCases([process.execPath, builtMain], cases);
    expect(cases.flatMap((each, index) => differences(each, ours[index] ?? [], theirs[index] ?? []))).toEqual([]);
    const kept = new Set(theirs.flat().map(({ traceId }) => traceId)).size;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(cases.flatMap(({ traceIds }) => traceIds).length);
  },
  RUN_MS,
);

/** The Collector and Tailrace keep the same spans of the same traces. */
function differences({ seed, config, traceIds }: RandomCase, ours: readonly RawSpan[], theirs: readonly RawSpan[]): readonly string[] {
  return traceIds.flatMap((traceId) => {
    const [our, their] = [spanIdsOf(ours, traceId), spanIdsOf(theirs, traceId)];
    if (our.join() === their.join()) return [];
    return [`seed ${seed}: of trace ${traceId} Tailrace kept ${our.length} spans, the Collector ${their.length}; ${JSON.stringify(config)}`];
  });
}

function spanIdsOf(spans: readonly RawSpan[], wanted: string): readonly string[] {
  return spans.filter(({ traceId }) => traceId === wanted).map(({ spanId }) => spanId).sort();
}
