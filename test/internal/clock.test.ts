import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/internal/clock.ts';

describe('systemClock', () => {
  test('tells the time of day and one that never goes back', () => {
    const before = Date.now();
    expect(systemClock.now()).toBeGreaterThanOrEqual(before);
    expect(systemClock.now()).toBeLessThanOrEqual(Date.now());
    const first = systemClock.monotonic();
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(first);
  });

  test('runs a timer once, after its delay, unless it is cleared', async () => {
    const ran: string[] = [];
    const cleared = systemClock.setTimer(() => ran.push('cleared'), 5);
    systemClock.clearTimer(cleared);
    const startMs = systemClock.monotonic();
    await new Promise<void>((resolve) => {
      systemClock.setTimer(() => ran.push('early'), 1);
      systemClock.setTimer(resolve, 30);
      // Timers of the clock keep no process alive; this one does until they have run.
      setTimeout(() => undefined, 100);
    });
    expect(ran).toEqual(['early']);
    expect(systemClock.monotonic() - startMs).toBeGreaterThanOrEqual(28);
  });

  test('its timers keep no process alive', () => {
    const { timer } = systemClock.setTimer(() => undefined, 60_000);
    expect((timer as NodeJS.Timeout).hasRef()).toBe(false);
    systemClock.clearTimer({ timer });
  });
});
