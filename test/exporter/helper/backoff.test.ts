import { describe, expect, test } from 'vitest';
import { Backoff } from '../../../src/exporter/helper/backoff.ts';
import { retryOnFailure } from '../../../src/exporter/helper/config.ts';

describe('Backoff', () => {
  test('grows by the multiplier up to max_interval', () => {
    const backoff = new Backoff(retryOnFailure.parse({ initial_interval: '5s', max_interval: '12s' }), () => 0.5);
    expect([0, 1, 2, 3, 4].map(() => backoff.next(0))).toEqual([5000, 7500, 11_250, 12_000, 12_000]);
  });

  test('shrinks by a multiplier below 1, as in the Collector; 0 tries again at once from the second time on', () => {
    const shrinking = new Backoff(retryOnFailure.parse({ multiplier: 0.5 }), () => 0.5);
    expect([0, 1, 2].map(() => shrinking.next(0))).toEqual([5000, 2500, 1250]);
    const impatient = new Backoff(retryOnFailure.parse({ multiplier: 0 }), () => 0.5);
    expect([0, 1, 2].map(() => impatient.next(0))).toEqual([5000, 0, 0]);
  });

  test.each([
    [{ max_elapsed_time: '10s' }, ['max_elapsed_time: 10s is less than max_interval 30s: raise it, lower max_interval, or write 0 to try for ever']],
    [{ max_elapsed_time: '2s', max_interval: '1s' }, ['max_elapsed_time: 2s is less than initial_interval 5s: raise it, lower initial_interval, or write 0 to try for ever']],
    [{ max_elapsed_time: '30s' }, []],
    [{ max_elapsed_time: '0s' }, []],
    [{ enabled: false, max_elapsed_time: '10s' }, []],
    [{ multiplier: -1 }, [expect.stringContaining('multiplier: ')]],
  ])('%j is refused with %j', (config, expected) => {
    const issues = retryOnFailure.safeParse(config).error?.issues ?? [];
    expect(issues.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual(expected);
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
