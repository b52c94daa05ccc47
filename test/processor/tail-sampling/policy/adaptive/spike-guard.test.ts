import { describe, expect, test } from 'vitest';
import { percentageGoal, throughputGoal } from '../../../../../src/processor/tail-sampling/policy/adaptive/goal.ts';
import { Kind } from '../../../../../src/processor/tail-sampling/policy/adaptive/kind.ts';
import { SpikeGuard, TICK_MS, type Arrival } from '../../../../../src/processor/tail-sampling/policy/adaptive/spike-guard.ts';
import { bitsOfHex, compare, hexOfBits } from '../../../../../src/processor/tail-sampling/policy/bits56.ts';
import { KEEP_ALL } from '../../../../../src/processor/tail-sampling/policy/policy.ts';

/** A trace of so many spans with this randomness, two hex digits and twelve zeros. */
function arrival(kind: Kind, spanCount: number, digits: string): Arrival {
  return { kind, spanCount, randomness: bitsOfHex(digits.padEnd(14, '0')) };
}

/** `count` traces of one span each, their randomness ascending from `10`. */
function arrivals(kind: Kind, count: number): readonly Arrival[] {
  return Array.from({ length: count }, (_, index) => arrival(kind, 1, (16 + index).toString(16)));
}

/** Brings them to the guard at one moment and says which pass. */
function admit(guard: SpikeGuard, atMs: number, brought: readonly Arrival[]): readonly Arrival[] {
  const tick = Math.floor(atMs / TICK_MS);
  guard.begin(atMs, brought.reduce((sum, { spanCount }) => sum + spanCount, 0), 0);
  const isAbove = ({ kind, randomness }: Arrival): boolean => compare(randomness, kind.thresholdIn(tick)) >= 0;
  const passed = brought.filter(isAbove);
  guard.admit(passed);
  return passed.filter(isAbove);
}

describe('the guard', () => {
  test('lets pass what there are tokens for: a second of the goal at first', () => {
    const guard = new SpikeGuard(throughputGoal(10));
    const kind = new Kind('a', 1);
    expect(admit(guard, 0, arrivals(kind, 10))).toHaveLength(10);
    expect(guard.interventions).toBe(0);
    expect(kind.thresholdIn(0)).toEqual(KEEP_ALL);
  });

  test('keeps those of the most randomness; the first left out, plus one, is the threshold', () => {
    const guard = new SpikeGuard(throughputGoal(10));
    const kind = new Kind('a', 1);
    const kept = admit(guard, 0, arrivals(kind, 12));
    expect(kept.map(({ randomness }) => hexOfBits(randomness).slice(0, 2))).toEqual(['12', '13', '14', '15', '16', '17', '18', '19', '1a', '1b']);
    expect(kind.thresholdIn(0)).toEqual(bitsOfHex('11000000000001'));
    expect(guard.interventions).toBe(1);
  });

  test('raises a threshold for the rest of the tick and no longer', () => {
    const guard = new SpikeGuard(throughputGoal(10));
    const kind = new Kind('a', 1);
    admit(guard, 0, arrivals(kind, 12));
    expect(admit(guard, 50, [arrival(kind, 1, '10'), arrival(kind, 1, 'ff')])).toHaveLength(1);
    expect(kind.thresholdIn(1)).toEqual(KEEP_ALL);
    expect(guard.interventions).toBe(1);
  });

  test('refills at 1.1 times the goal, up to a second of it', () => {
    const guard = new SpikeGuard(throughputGoal(100));
    const kind = new Kind('a', 1);
    expect(admit(guard, 0, arrivals(kind, 100))).toHaveLength(100);
    expect(admit(guard, 200, arrivals(kind, 100))).toHaveLength(22);
    expect(admit(guard, 10_000, arrivals(kind, 200))).toHaveLength(100);
  });

  test('divides fairly: a kind of which nothing is left out keeps its threshold', () => {
    const guard = new SpikeGuard(throughputGoal(10));
    const [rare, frequent] = [new Kind('rare', 1), new Kind('frequent', 0.5)];
    const before = rare.thresholdIn(0);
    const kept = admit(guard, 0, [...arrivals(rare, 3), ...arrivals(frequent, 200).map((one, index) => ({ ...one, randomness: bitsOfHex(`f${index.toString(16).padStart(13, '0')}`) }))]);
    expect(kept.filter(({ kind }) => kind === rare)).toHaveLength(3);
    expect(kept.filter(({ kind }) => kind === frequent)).toHaveLength(7);
    expect(rare.thresholdIn(0)).toBe(before);
  });

  test('spends half of the goal of a tick however deep in debt', () => {
    const guard = new SpikeGuard(throughputGoal(100));
    const kind = new Kind('a', 1);
    admit(guard, 0, [arrival(kind, 5000, '80')]);
    expect(admit(guard, 100, arrivals(kind, 50))).toHaveLength(5);
    // Of a second batch in the same tick only the first trace fits, as always.
    expect(admit(guard, 150, arrivals(kind, 50).map((one) => ({ ...one, randomness: bitsOfHex(`f${hexOfBits(one.randomness)}`.slice(0, 14)) })))).toHaveLength(1);
  });

  test('leaves no kind without a chance: its first trace fits, and is paid for later', () => {
    const guard = new SpikeGuard(throughputGoal(10));
    const kind = new Kind('a', 1);
    expect(admit(guard, 0, [arrival(kind, 500, '80'), arrival(kind, 500, '90')]).map(({ randomness }) => hexOfBits(randomness))).toEqual(['90000000000000']);
    expect(admit(guard, 1000, arrivals(kind, 20))).toHaveLength(1);
  });

  test('treats traces of equal randomness alike', () => {
    const guard = new SpikeGuard(throughputGoal(10));
    const kind = new Kind('a', 1);
    const same = Array.from({ length: 8 }, () => arrival(kind, 2, '80'));
    expect(admit(guard, 0, [...same, arrival(kind, 2, 'a0')])).toHaveLength(1);
  });

  test('grows with what comes in where the goal is a share of it', () => {
    const guard = new SpikeGuard(percentageGoal(0.1));
    const kind = new Kind('a', 1);
    admit(guard, 0, arrivals(kind, 200));
    const before = admit(guard, 5000, arrivals(kind, 200)).length;
    expect(before).toBe(22);
  });
});
