import { describe, expect, test } from 'vitest';
import { percentageGoal, throughputGoal, type Goal } from '../../../../../src/processor/tail-sampling/policy/adaptive/goal.ts';
import { Kind } from '../../../../../src/processor/tail-sampling/policy/adaptive/kind.ts';
import { RateController } from '../../../../../src/processor/tail-sampling/policy/adaptive/rate-controller.ts';

/** Kinds with so many spans a second each, and the controller that sees all of it; each second is an interval. */
class Stream {
  readonly controller: RateController;
  readonly kinds: readonly Kind[];
  readonly #goal: Goal;
  #atMs = 0;

  constructor(goal: Goal, kindCount: number, rate = 1) {
    this.#goal = goal;
    this.controller = new RateController(goal, 1000);
    this.kinds = Array.from({ length: kindCount }, (_, index) => new Kind(`kind-${index}`, rate));
  }

  /** Seconds of traffic with so many spans of each kind; `kept` of all are kept a second, by default just what may be. */
  run(seconds: number, loads: readonly number[], kept?: number): void {
    const load = loads.reduce((sum, spans) => sum + spans, 0);
    for (let second = 0; second < seconds; second++) {
      this.kinds.forEach((kind, index) => kind.came.add(loads[index]!, this.#atMs));
      this.controller.came.add(load, this.#atMs);
      this.controller.kept.add(kept ?? Math.min(load, this.#goal.perSecond(load)), this.#atMs);
      this.#atMs += 1000;
      this.controller.adjust(this.kinds, this.#atMs);
    }
  }

  get rates(): readonly number[] {
    return this.kinds.map(({ rate }) => rate);
  }
}

function expectRates(stream: Stream, rates: readonly number[]): void {
  stream.rates.forEach((rate, index) => expect(rate).toBeCloseTo(rates[index]!, 3));
}

describe('rates', () => {
  test.each([
    { loads: [10, 20], rates: [1, 1], why: 'below the goal all is kept' },
    { loads: [1000], rates: [0.1], why: 'one kind gets the goal' },
    { loads: [10, 1000], rates: [1, 0.09], why: 'a rare kind keeps everything, another gets what it leaves' },
    { loads: [1000, 3000], rates: [0.05, 1 / 60], why: 'frequent kinds share alike, however frequent' },
    { loads: [101], rates: [100 / 101], why: 'a rate is a real number, never one in so many' },
  ])('are fair shares by load: $why', ({ loads, rates }) => {
    const stream = new Stream(throughputGoal(100), loads.length);
    stream.run(60, loads);
    expectRates(stream, rates);
  });

  test('of a share of the load leave rare kinds whole and take from the frequent ones', () => {
    const stream = new Stream(percentageGoal(0.1), 2);
    stream.run(60, [10, 990]);
    expectRates(stream, [1, 90 / 990]);
  });

  test('believe a spike at once, and fall at once', () => {
    const stream = new Stream(throughputGoal(100), 1);
    stream.run(60, [100]);
    expectRates(stream, [1]);
    stream.run(2, [2000]);
    // The mean over 30 s would be 227 spans a second.
    expectRates(stream, [0.05]);
  });

  test('believe the mean where the last two seconds are little above it', () => {
    const stream = new Stream(throughputGoal(100), 1);
    stream.run(60, [200]);
    stream.run(2, [280]);
    expect(stream.rates[0]).toBeCloseTo(100 / ((28 * 200 + 2 * 280) / 30), 3);
  });

  test('rise by a fifth an interval and no more', () => {
    const stream = new Stream(throughputGoal(100), 1, 0.1);
    for (const expected of [0.12, 0.144, 0.1728]) {
      stream.run(1, [50]);
      expectRates(stream, [expected]);
    }
    stream.run(20, [50]);
    expectRates(stream, [1]);
  });

  test.each([
    { keptShare: 0.5, gain: 1.25, why: 'at most a quarter up' },
    { keptShare: 2, gain: 0.8, why: 'at most a fifth down' },
    { keptShare: 1, gain: 1, why: 'not at all where the goal is met' },
  ])('are corrected slowly by what was kept: $why', ({ keptShare, gain }) => {
    const stream = new Stream(throughputGoal(100), 1);
    stream.run(1, [1000], 100 * keptShare);
    const once = keptShare ** -0.05;
    expectRates(stream, [0.1 * once]);
    stream.run(120, [1000], 100 * keptShare);
    expectRates(stream, [0.1 * gain]);
  });

  test('are not corrected while less comes than the goal allows', () => {
    const stream = new Stream(throughputGoal(100), 1);
    stream.run(60, [90], 9);
    stream.run(1, [1000]);
    // A correction that had grown for a minute would be 1.25.
    expect(stream.rates[0]! * stream.controller.load).toBeLessThan(115);
  });
});

describe('the rate of a kind never seen', () => {
  test('is the lowest in use, however small the kind', () => {
    const stream = new Stream(throughputGoal(100), 2);
    stream.run(60, [10, 9000]);
    expect(stream.controller.startRate(stream.controller.load)).toBeCloseTo(0.01);
  });

  test('is what the goal allows of all that comes, where that is less', () => {
    const stream = new Stream(throughputGoal(100), 2);
    stream.run(60, [200, 200]);
    expect(stream.rates[0]).toBeCloseTo(0.25);
    expect(stream.controller.startRate(10_000)).toBeCloseTo(0.01);
  });

  test('is 1 where there is room', () => {
    expect(new RateController(throughputGoal(100), 1000).startRate(50)).toBe(1);
    expect(new RateController(throughputGoal(100), 1000).startRate(0)).toBe(1);
  });
});
