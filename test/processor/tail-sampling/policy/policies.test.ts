import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type MergedSpan, mergedSpans } from '../../../support/merged-traces.ts';
import { ATTRIBUTE_KEYS, ATTRIBUTE_TEXTS, tracesRequest } from '../../../support/odd-traces.ts';
import { hexOf } from '../../../support/otlp.ts';
import { holdsAsync } from '../../../support/property.ts';
import { ProcessorRig } from '../processor-rig.ts';
import {
  and,
  booleanAttribute,
  bytesLimiting,
  composite,
  drop,
  keepsTrace,
  latency,
  type ModelPolicy,
  named,
  not,
  numericAttribute,
  probabilistic,
  regexAttribute,
  saltedProbabilistic,
  spanCount,
  statusCode,
  stringAttribute,
  type THRESHOLDS,
  traceFlags,
  traceState,
} from './policy-model.ts';

const key = fc.constantFrom(...ATTRIBUTE_KEYS.filter((one) => one !== ''), 'absent');
const percentage = fc.constantFrom<keyof typeof THRESHOLDS>(50, 25, 10, 75);
const milliseconds = fc.constantFrom(0, 1, 100, 2000, 5000, 8000);

const leaf: fc.Arbitrary<ModelPolicy> = fc.oneof(
  fc.subarray(['OK', 'ERROR', 'UNSET'] as const, { minLength: 1, maxLength: 2 }).map((codes) => statusCode(...codes)),
  milliseconds.map((threshold) => latency(threshold)),
  fc.tuple(milliseconds, fc.integer({ min: 1, max: 5000 })).map(([threshold, more]) => latency(threshold, threshold + more)),
  fc.tuple(key, fc.subarray([...ATTRIBUTE_TEXTS]), fc.boolean()).map(([k, values, inverted]) => stringAttribute(k, values, inverted)),
  fc.tuple(key, fc.subarray(['^x', 'out$', '[а-я]+', 'y', '^$', 'x.y']), fc.boolean()).map(([k, values, inverted]) => regexAttribute(k, values, inverted)),
  fc
    .tuple(key, fc.integer({ min: -1, max: 2 }), fc.integer({ min: 2, max: 2 ** 40 }), fc.boolean())
    .map(([k, min, max, inverted]) => numericAttribute(k, min, max, inverted)),
  fc.tuple(key, fc.boolean(), fc.boolean()).map(([k, value, inverted]) => booleanAttribute(k, value, inverted)),
  fc.tuple(fc.constantFrom('ot', 'o'), fc.subarray(['th:8', 'th:', 'h:8', 'th:4'])).map(([k, values]) => traceState(k, values)),
  fc.constant(traceFlags()),
  fc.constantFrom('ample' as const, 'tiny' as const).map((budget) => bytesLimiting(budget)),
  fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom(0, 4, 6)).map(([min, max]) => spanCount(min, max)),
  percentage.map((one) => probabilistic(one)),
  fc.tuple(percentage, fc.constantFrom('default-hash-seed', 'соль')).map(([one, salt]) => saltedProbabilistic(one, salt)),
);

const leaves = fc.array(fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 1, arbitrary: leaf.map((one) => not(one)) }), { minLength: 1, maxLength: 3 });

const policy: fc.Arbitrary<ModelPolicy> = fc.oneof(
  { weight: 4, arbitrary: leaf },
  { weight: 3, arbitrary: leaves.map((inner) => and(...inner)) },
  { weight: 1, arbitrary: leaf.map((inner) => not(inner)) },
  { weight: 1, arbitrary: leaves.map((inner) => drop(...inner)) },
  { weight: 2, arbitrary: fc.array(fc.oneof(leaf, leaves.map((inner) => and(...inner))), { minLength: 1, maxLength: 3 }).map((inner) => composite(...inner)) },
);

/** The traces of some requests, of the spans that have valid ids. */
function tracesOf(requests: readonly Uint8Array[]): ReadonlyMap<string, readonly MergedSpan[]> {
  const traces = new Map<string, MergedSpan[]>();
  for (const merged of requests.flatMap((bytes) => mergedSpans(bytes))) {
    if (merged.traceId.length !== 16 || !merged.hasValidSpanIds || merged.traceId.every((byte) => byte === 0)) continue;
    const id = hexOf(merged.traceId);
    traces.set(id, [...(traces.get(id) ?? []), merged]);
  }
  return traces;
}

test('policies over bytes keep what they keep over decoded spans', async () => {
  await holdsAsync(
    fc.asyncProperty(
      fc.array(policy, { minLength: 1, maxLength: 5 }),
      fc.array(tracesRequest, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(0, 60, 130),
      fc.boolean(),
      async (policies, requests, apartMs, stopsAtFirst) => {
        const rig = new ProcessorRig({ policies: named(policies), sample_on_first_match: stopsAtFirst });
        for (const bytes of requests) {
          await rig.processor.consume({ signal: 'traces', bytes, itemCount: mergedSpans(bytes).length, retainable: true, scan: undefined });
          // Traces are decided in groups of different sizes.
          rig.clock.tick(apartMs);
        }
        rig.clock.tick(1200);
        await rig.settle();
        const traces = tracesOf(requests);
        const expected = [...traces].filter(([, spans]) => keepsTrace(policies, spans)).map(([id]) => id);
        expect([...new Set(rig.keptSpans.map(({ traceId }) => hexOf(traceId)))].sort()).toEqual(expected.sort());
        const expectedSpans = expected.reduce((sum, id) => sum + traces.get(id)!.length, 0);
        expect(rig.keptSpans).toHaveLength(expectedSpans);
        expect(rig.collectorMetric('sampling_policy_evaluation_error')).toBe(0);
        expect(rig.unaccounted).toBe(0);
      },
    ),
    300,
  );
});
