import { describe, expect, test } from 'vitest';
import { policySet, Simulation, weightOf, type Traffic } from './simulation.ts';

/**
 * What is kept, each trace counted 1/probability times, is on average what came: over a million traces, for each policy
 * that keeps by chance and for mixtures of them.
 */
const TRACES = 1_000_000;
const RUNS = 20;
const DURATION_MS = 50_000;

/** Kinds of very different size; a few errors; a second of ten times as much, so that budgets run out. */
const TRAFFIC: readonly Traffic[] = [0.6, 0.25, 0.1, 0.05].map((part, index) => ({
  kind: `service-${index}`,
  tracesPerSecond: (atMs) => part * (atMs % 10_000 < 1000 ? 5300 : 530),
  maxSpans: 9,
  errorShare: 0.01,
}));

const ERRORS = { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } };
const TENTH = { name: 'tenth', type: 'probabilistic', probabilistic: { sampling_percentage: 10 } };
const THIRD = { name: 'third', type: 'probabilistic', probabilistic: { sampling_percentage: 100 / 3 } };
const SPANS = { name: 'spans', type: 'rate_limiting', rate_limiting: { spans_per_second: 700 } };
const BYTES = { name: 'bytes', type: 'bytes_limiting', bytes_limiting: { bytes_per_second: 70_000 } };
const THROUGHPUT = { name: 'throughput', type: 'adaptive_throughput', adaptive_throughput: { goal_throughput: 500 } };
const PERCENTAGE = { name: 'percentage', type: 'adaptive_percentage', adaptive_percentage: { goal_percentage: 8 } };
const COMPOSITE = { name: 'composite', type: 'composite', composite: { max_total_spans_per_second: 600, composite_sub_policy: [ERRORS, THIRD], rate_allocation: [{ policy: 'errors', percent: 40 }] } };

describe.each([
  { what: 'probabilistic', policies: [TENTH] },
  { what: 'rate_limiting', policies: [SPANS] },
  { what: 'bytes_limiting', policies: [BYTES] },
  { what: 'composite', policies: [COMPOSITE] },
  { what: 'adaptive_throughput', policies: [THROUGHPUT] },
  { what: 'adaptive_percentage', policies: [PERCENTAGE] },
  { what: 'errors, probabilistic and a limiter', policies: [ERRORS, TENTH, SPANS] },
  { what: 'errors, probabilistic and adaptive', policies: [THROUGHPUT, ERRORS, TENTH] },
  { what: 'errors, a limiter and adaptive', policies: [ERRORS, PERCENTAGE, SPANS] },
  { what: 'a limiter and adaptive inside and, beside adaptive', policies: [{ name: 'both', type: 'and', and: { and_sub_policy: [THIRD, SPANS, THROUGHPUT] } }, PERCENTAGE] },
])('$what', ({ policies }) => {
  test('keeps an unbiased sample', () => {
    const ratios = { traces: [] as number[], spans: [] as number[] };
    let came = 0;
    for (let seed = 1; seed <= RUNS; seed++) {
      const truth = { traces: 0, spans: 0 };
      const estimate = { traces: 0, spans: 0 };
      new Simulation(policySet(policies)).run({
        seed,
        durationMs: DURATION_MS,
        traffic: TRAFFIC,
        onDecided({ spanCount }, outcome) {
          const weight = weightOf(outcome);
          truth.traces++;
          truth.spans += spanCount;
          estimate.traces += weight;
          estimate.spans += weight * spanCount;
        },
      });
      came += truth.traces;
      ratios.traces.push(estimate.traces / truth.traces);
      ratios.spans.push(estimate.spans / truth.spans);
    }
    expect(came).toBeGreaterThan(TRACES);
    for (const [what, each] of Object.entries(ratios)) {
      const mean = each.reduce((sum, ratio) => sum + ratio, 0) / RUNS;
      const standardError = Math.sqrt(each.reduce((sum, ratio) => sum + (ratio - mean) ** 2, 0) / (RUNS - 1) / RUNS);
      expect(Math.abs(mean - 1), `${what}: ${mean} ± ${standardError}`).toBeLessThan(3 * standardError);
      expect(standardError, what).toBeLessThan(0.02);
    }
  });
});
