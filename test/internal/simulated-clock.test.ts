import { expect, test } from 'vitest';
import { SimulatedClock } from '../../src/internal/simulated-clock.ts';

test('timers run one a step, in the order of their time, at their time', () => {
  const clock = new SimulatedClock(1_000_000);
  const ran: [string, number][] = [];
  const run = (name: string) => () => void ran.push([name, clock.monotonic()]);
  clock.setTimer(run('late'), 50);
  clock.setTimer(() => {
    run('early')();
    clock.setTimer(run('at once'), 0);
  }, 20);
  clock.clearTimer(clock.setTimer(run('never'), 10));
  clock.setTimer(run('second of two'), 50);

  expect(clock.step(10)).toBe(false);
  expect(clock.monotonic()).toBe(10);
  expect(clock.step(50)).toBe(true);
  expect(clock.monotonic()).toBe(20);
  while (clock.step(60));
  expect(ran).toEqual([['early', 20], ['at once', 20], ['late', 50], ['second of two', 50]]);
  expect([clock.monotonic(), clock.now()]).toEqual([60, 1_000_060]);
});

test('the time never goes back', () => {
  const clock = new SimulatedClock(0);
  clock.step(100);
  clock.step(40);
  expect(clock.monotonic()).toBe(100);
});
