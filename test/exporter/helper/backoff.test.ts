import { describe, expect, test } from 'vitest';
import { Backoff } from '../../../src/exporter/helper/backoff.ts';
import { retryOnFailure } from '../../../src/exporter/helper/config.ts';

describe('Backoff', () => {
  test('grows by the multiplier up to max_interval', () => {
    const backoff = new Backoff(retryOnFailure.parse({ initial_interval: '5s', max_interval: '12s' }), () => 0.5);
    expect([0, 1, 2, 3, 4].map(() => backoff.next(0))).toEqual([5000, 7500, 11_250, 12_000, 12_000]);
  });

  test.each([
    [0, 2500],
    [0.5, 5000],
    [0.999_999, 7500],
  ])('is spread out by randomization_factor: random %d', (random, expected) => {
    expect(new Backoff(retryOnFailure.parse({}), () => random).next(0)).toBeCloseTo(expected, 1);
  });

  test('waits at least as long as the backend asks', () => {
    const backoff = new Backoff(retryOnFailure.parse({}), () => 0.5);
    expect(backoff.next(0, 60_000)).toBe(60_000);
    expect(backoff.next(0, 10)).toBe(7500);
  });

  test.each([
    ['5m', 295_000, 5000],
    ['5m', 295_001, undefined],
    ['0s', 1e12, 5000],
  ])('max_elapsed_time %s after %d ms', (max_elapsed_time, elapsedMs, expected) => {
    expect(new Backoff(retryOnFailure.parse({ max_elapsed_time }), () => 0.5).next(elapsedMs)).toBe(expected);
  });
});
