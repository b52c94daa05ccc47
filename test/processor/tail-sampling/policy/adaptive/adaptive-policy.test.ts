import { describe, expect, test } from 'vitest';
import { bitsOfHex, compare, hexOfBits } from '../../../../../src/processor/tail-sampling/policy/bits56.ts';
import { KEEP_ALL } from '../../../../../src/processor/tail-sampling/policy/policy.ts';
import { PolicySet, type TraceOutcome } from '../../../../../src/processor/tail-sampling/policy/policy-set.ts';
import { policySchema } from '../../../../../src/processor/tail-sampling/policy/policy-schema.ts';
import { probabilityOf } from '../../../../../src/processor/tail-sampling/policy/threshold.ts';
import { LightBatch, LightTrace, rootBytes } from '../light-trace.ts';
import { policySet } from '../simulation.ts';

const ROOT = rootBytes({ service: 'cart', name: 'GET /' });

const ADAPTIVE = { name: 'rest', type: 'adaptive_throughput', adaptive_throughput: { goal_throughput: 100 } };
const ERRORS = { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } };
const HALF = { name: 'half', type: 'probabilistic', probabilistic: { sampling_percentage: 50 } };
const ALL = { name: 'all', type: 'always_sample' };

/** `count` traces of one span, their randomness spread evenly; every `errorEach`th has an error. */
function batch(nowMs: number, count: number, errorEach = Infinity): LightBatch {
  const traces = Array.from({ length: count }, (_, index) => {
    const randomness = { hi: Math.floor(((index + 0.5) / count) * 2 ** 28), lo: 2 ** 27 };
    return new LightTrace({ serial: nowMs * 1000 + index, nowMs, spanCount: 1, randomness, root: ROOT, hasError: index % errorEach === 0 });
  });
  return new LightBatch(traces, nowMs);
}

/** A minute of ten batches a second, the last of which is returned with what became of it. */
function minute(policies: PolicySet, count: number, errorEach?: number): readonly { readonly trace: LightTrace; readonly outcome: TraceOutcome }[] {
  let last: readonly { readonly trace: LightTrace; readonly outcome: TraceOutcome }[] = [];
  for (let nowMs = 0; nowMs < 60_000; nowMs += 100) {
    const traces = batch(nowMs, count, errorEach);
    const outcomes = policies.decide(traces);
    last = traces.traces.map((trace, index) => ({ trace, outcome: { ...outcomes[index]!, outcomes: [...outcomes[index]!.outcomes] } }));
  }
  return last;
}

function isKept({ outcome }: { readonly outcome: TraceOutcome }): boolean {
  return outcome.decision.verdict === 'sampled';
}

describe('beside policies that keep for certain', () => {
  test.each([
    { order: 'behind them', policies: [ERRORS, ADAPTIVE], adaptive: 1 },
    { order: 'before them', policies: [ADAPTIVE, ERRORS], adaptive: 0 },
  ])('an adaptive policy listed $order is asked last, and only about the rest', ({ policies, adaptive }) => {
    const set = policySet(policies);
    const decided = minute(set, 100, 2);
    for (const { trace, outcome } of decided) {
      expect(outcome.outcomes[adaptive] === 'not_asked').toBe(trace.hasError);
      if (trace.hasError) expect(outcome).toMatchObject({ decision: { verdict: 'sampled', threshold: KEEP_ALL }, decidedBy: 1 - adaptive });
    }
    // 500 of 1000 a second are errors: they are no load and spend nothing.
    const { kinds, achieved } = set.adaptive[0]!.reporter.report(60_000);
    expect(kinds).toEqual([expect.objectContaining({ kind: 'cart | GET /', load: 500 })]);
    expect(achieved).toBeCloseTo(100, -1);
  });

  test('sees nothing of what a drop policy drops', () => {
    const drop = { name: 'no', type: 'drop', drop: { drop_sub_policy: [ERRORS] } };
    const set = policySet([ADAPTIVE, drop]);
    const decided = minute(set, 100, 2);
    expect(decided.filter(isKept).every(({ trace }) => !trace.hasError)).toBe(true);
    expect(set.adaptive[0]!.reporter.report(60_000).kinds[0]!.load).toBe(500);
  });

  test('one that keeps everything leaves nothing to it', () => {
    const set = policySet([ADAPTIVE, ALL]);
    minute(set, 100);
    expect(set.adaptive[0]!.reporter.report(60_000)).toMatchObject({ achieved: 0, kinds: [] });
  });
});

describe('beside policies that keep by chance', () => {
  test.each([
    { policies: [HALF, ADAPTIVE], first: false },
    { policies: [ADAPTIVE, HALF], first: false },
    { policies: [HALF, ADAPTIVE], first: true },
  ])('the lowest threshold holds and is the one written, sample_on_first_match $first', ({ policies, first }) => {
    const set = policySet(policies, first);
    for (const { trace, outcome } of minute(set, 100)) {
      expect(outcome.decision.verdict).toBe(trace.randomness.hi >= 2 ** 27 ? 'sampled' : 'not_sampled');
      if (isKept({ outcome })) expect(outcome.decision.threshold).toEqual({ hi: 2 ** 27, lo: 0 });
    }
    // Of fewer traces the adaptive policy keeps more than half.
    const fewer = minute(policySet(policies, first), 13);
    const kept = fewer.filter(isKept);
    const [threshold] = kept.map(({ outcome }) => outcome.decision.threshold!);
    expect(probabilityOf(threshold!)).toBeGreaterThan(0.6);
    expect(new Set(kept.map(({ outcome }) => hexOfBits(outcome.decision.threshold!)))).toEqual(new Set([hexOfBits(threshold!)]));
    for (const { trace, outcome } of fewer) expect(isKept({ outcome })).toBe(compare(trace.randomness, threshold!) >= 0);
  });

  test('the decision is attributed to the first in the list that kept the trace', () => {
    for (const { outcome } of minute(policySet([ADAPTIVE, HALF]), 100).filter(isKept)) {
      expect(outcome.decidedBy).toBe(typeof outcome.outcomes[0] === 'object' && outcome.outcomes[0].verdict === 'sampled' ? 0 : 1);
    }
  });

  test('two adaptive policies: what the first keeps for certain is no business of the second', () => {
    const plenty = { name: 'plenty', type: 'adaptive_throughput', adaptive_throughput: { goal_throughput: 1e9 } };
    const set = policySet([plenty, ADAPTIVE]);
    minute(set, 100);
    expect(set.adaptive.map(({ reporter }) => reporter.report(60_000).achieved)).toEqual([1000, 0]);
  });
});

describe('with sample_on_first_match', () => {
  test('it is asked about nothing that was kept for certain', () => {
    for (const { trace, outcome } of minute(policySet([ADAPTIVE, ERRORS], true), 100, 2)) {
      if (trace.hasError) expect(outcome).toMatchObject({ outcomes: ['not_asked', { verdict: 'sampled' }], decidedBy: 1 });
      else expect(outcome.outcomes[0]).not.toBe('not_asked');
    }
  });
});

describe('inside other policies', () => {
  test('in an and, its goal goes to what has passed before it, and the whole is asked last', () => {
    const slow = { name: 'with-errors', type: 'and', and: { and_sub_policy: [ERRORS, ADAPTIVE] } };
    const quarter = { name: 'quarter', type: 'and', and: { and_sub_policy: [ERRORS, { ...HALF, probabilistic: { sampling_percentage: 100 } }] } };
    const set = policySet([slow]);
    const decided = minute(set, 100, 2);
    expect(decided.filter(isKept).every(({ trace }) => trace.hasError)).toBe(true);
    expect(set.adaptive.map(({ policy }) => policy)).toEqual(['with-errors/rest']);
    const { kinds, achieved } = set.adaptive[0]!.reporter.report(60_000);
    expect(kinds[0]!.load).toBe(500);
    expect(achieved).toBeCloseTo(100, -1);
    const certain = policySet([slow, quarter]);
    minute(certain, 100, 2);
    expect(certain.adaptive[0]!.reporter.report(60_000).kinds).toEqual([]);
  });

  test.each([
    { name: 'n', type: 'not', not: { not_sub_policy: ADAPTIVE } },
    { name: 'd', type: 'drop', drop: { drop_sub_policy: [ADAPTIVE] } },
    { name: 'c', type: 'composite', composite: { max_total_spans_per_second: 10, composite_sub_policy: [ADAPTIVE] } },
  ])('in a $type it is refused', (config) => {
    const result = policySchema.safeParse(config);
    expect(JSON.stringify(result.error?.issues)).toContain(`a policy of type \\"adaptive_throughput\\" cannot stand in a policy of type \\"${config.type}\\"`);
  });
});

test('a trace whose root is malformed fails the policy for this trace alone', () => {
  const failures: unknown[] = [];
  const set = new PolicySet([policySchema.parse(ADAPTIVE)], false, (_policy, error) => failures.push(error));
  const broken = new LightTrace({ serial: 900, nowMs: 0, spanCount: 1, randomness: bitsOfHex('f'.repeat(14)), root: { ...ROOT, span: Uint8Array.of(0x2a, 0x7f) } });
  const outcomes = set.decide(new LightBatch([broken, ...batch(0, 3).traces], 0));
  expect(outcomes.slice(0, 4).map(({ decision }) => decision.verdict)).toEqual(['not_sampled', 'sampled', 'sampled', 'sampled']);
  expect(failures).toHaveLength(1);
});
