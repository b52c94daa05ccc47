import { describe, expect, test } from 'vitest';
import { AdaptiveSampler, type KindOfTrace } from '../../../../../src/processor/tail-sampling/policy/adaptive/adaptive-sampler.ts';
import { throughputGoal } from '../../../../../src/processor/tail-sampling/policy/adaptive/goal.ts';
import { type Bits56, bitsOfHex, compare } from '../../../../../src/processor/tail-sampling/policy/bits56.ts';
import { KEEP_ALL } from '../../../../../src/processor/tail-sampling/policy/policy.ts';
import { probabilityOf } from '../../../../../src/processor/tail-sampling/policy/threshold.ts';

function sampler(goal: number, maxKinds = 500): AdaptiveSampler {
  return new AdaptiveSampler({ goal: throughputGoal(goal), intervalMs: 1000, maxKinds });
}

/** `count` traces of one span, their randomness spread evenly. */
function traces(kind: string, count: number): readonly KindOfTrace[] {
  return Array.from({ length: count }, (_, index) => ({
    kind,
    spanCount: 1,
    randomness: { hi: Math.floor(((index + 0.5) / count) * 2 ** 28), lo: 2 ** 27 },
  }));
}

/** Seconds of the same traffic, ten times each second. */
function run(one: AdaptiveSampler, fromMs: number, seconds: number, tenth: readonly KindOfTrace[]): number {
  for (let atMs = fromMs; atMs < fromMs + seconds * 1000; atMs += 100) one.decide(tenth, atMs);
  return fromMs + seconds * 1000;
}

describe('an adaptive sampler', () => {
  test('gives a trace the same answer whenever it asks and wherever, at equal rates: after a restart, too', () => {
    const [before, after] = [sampler(50), sampler(50)];
    const tenth = [...traces('a', 40), ...traces('b', 7)];
    const now = run(before, 1_000_000, 60, tenth);
    const later = run(after, 77, 60, tenth);
    const fresh = [...traces('a', 41), ...traces('b', 3)];
    const thresholds = before.decide(fresh, now);
    expect(after.decide(fresh, later)).toEqual(thresholds);
    expect(thresholds.some((threshold) => compare(threshold, KEEP_ALL) > 0)).toBe(true);
  });

  test('has fixed what a trace must pass before it looks at its randomness', () => {
    const [high, low] = [sampler(50), sampler(50)];
    const tenth = traces('a', 40);
    const now = run(high, 0, 60, tenth);
    run(low, 0, 60, tenth);
    const lone = (randomness: Bits56): KindOfTrace[] => [{ kind: 'a', spanCount: 1, randomness }];
    expect(high.decide(lone(bitsOfHex('ffffffffffffff')), now)).toEqual(low.decide(lone(bitsOfHex('00000000000000')), now));
  });

  test('starts a kind never seen no higher than the lowest', () => {
    const one = sampler(50);
    const now = run(one, 0, 60, [...traces('a', 40), ...traces('b', 7)]);
    const [a, fresh] = one.decide([...traces('a', 1), ...traces('new', 1)], now);
    expect(fresh).toEqual(a);
  });

  test('starts a flood at what the goal allows of it: nothing fails open', () => {
    const [threshold] = sampler(50).decide(traces('a', 1000), 0);
    expect(probabilityOf(threshold!)).toBeLessThanOrEqual(0.0051);
  });

  test('tells so many kinds apart, the rest shares one', () => {
    const one = sampler(1e6, 3);
    const kinds = Array.from({ length: 100 }, (_, index) => traces(`kind-${index}`, 1)).flat();
    run(one, 0, 5, kinds);
    const { kindCount, kinds: reported } = one.report(5000);
    expect(kindCount).toBe(3);
    expect(reported.map(({ kind, load }) => [kind, load])).toEqual([['kind-0', 10], ['kind-1', 10], ['kind-2', 10], ['_other', 970]]);
  });

  test('forgets a kind of which nothing came for the window, and gives its place to another', () => {
    const one = sampler(100, 1);
    run(one, 0, 2, traces('a', 1));
    const now = run(one, 2000, 32, traces('b', 1));
    expect(one.report(now).kinds.map(({ kind }) => kind)).toEqual(['b', '_other']);
  });

  test('goes on after a long pause as after a start', () => {
    const one = sampler(50);
    const now = run(one, 0, 60, traces('a', 40));
    const week = now + 7 * 86_400_000;
    const [threshold] = one.decide(traces('a', 1), week);
    expect(threshold).toEqual(KEEP_ALL);
    run(one, week, 60, traces('a', 40));
    expect(one.report(week + 60_000).achieved).toBeCloseTo(50, -1);
  });
});

describe('the report', () => {
  test('says goal, what was achieved, and rate, load and kept of each kind', () => {
    const one = sampler(50);
    const now = run(one, 0, 60, [...traces('a', 40), ...traces('b', 1)]);
    const { goal, achieved, kinds } = one.report(now);
    expect(goal).toBe(50);
    expect(achieved).toBeGreaterThan(45);
    expect(achieved).toBeLessThan(55);
    expect(kinds).toHaveLength(2);
    expect(kinds[0]).toMatchObject({ kind: 'a', load: 400 });
    expect(kinds[0]!.rate).toBeCloseTo(0.1, 1);
    expect(kinds[0]!.kept + kinds[1]!.kept).toBeCloseTo(achieved);
    expect(kinds[1]).toMatchObject({ kind: 'b', load: 10, rate: 1, kept: 10 });
  });

  test('names the 20 largest kinds and adds up the others', () => {
    const one = sampler(1e6);
    const tenth = Array.from({ length: 30 }, (_, index) => traces(`kind-${index}`, 30 - index)).flat();
    const { kinds, kindCount } = one.report(run(one, 0, 40, tenth));
    expect(kindCount).toBe(30);
    expect(kinds.map(({ kind }) => kind)).toEqual([...Array.from({ length: 20 }, (_, index) => `kind-${index}`), '_other']);
    expect(kinds.at(-1)).toEqual({ kind: '_other', rate: 1, load: 550, kept: 550 });
  });

  test('of a sampler that has seen nothing is empty', () => {
    expect(sampler(50).report(123)).toEqual({ goal: 50, achieved: 0, guardInterventions: 0, kindCount: 0, kinds: [] });
  });
});
