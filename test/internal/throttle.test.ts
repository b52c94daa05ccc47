import { expect, test } from 'vitest';
import { Throttle } from '../../src/internal/throttle.ts';
import { ManualClock } from '../support/manual-clock.ts';

test('one event passes each interval, and says how many it stands for', () => {
  const clock = new ManualClock();
  const throttle = new Throttle(clock, 1000);
  expect([throttle.admit(), throttle.admit(), throttle.admit()]).toEqual([1, 0, 0]);
  clock.tick(999);
  expect(throttle.admit()).toBe(0);
  clock.tick(1);
  expect([throttle.admit(), throttle.admit()]).toEqual([4, 0]);
});
