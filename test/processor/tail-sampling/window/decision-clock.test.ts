import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecisionClock, TICK_MS } from '../../../../src/processor/tail-sampling/window/decision-clock.ts';
import { holds } from '../../../support/property.ts';

function allDue(clock: DecisionClock, nowMs: number): readonly number[] {
  const due: number[] = [];
  for (let slot = clock.nextDue(nowMs); slot !== undefined; slot = clock.nextDue(nowMs)) due.push(slot);
  return due;
}

describe('DecisionClock', () => {
  test('is never early, never a tick late, and loses nothing', () => {
    const step = fc.record({
      afterMs: fc.oneof(fc.integer({ min: 0, max: 120 }), fc.integer({ min: 0, max: 5000 })),
      /** From the past, as when a deadline is moved to now, to beyond the next steps. */
      schedule: fc.array(fc.double({ min: -200, max: 3000, noNaN: true }), { maxLength: 4 }),
      /** How many are looked at before something else comes in between. */
      looks: fc.integer({ min: 0, max: 5 }),
    });
    holds(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.array(step, { maxLength: 30, size: 'max' }), (startMs, steps) => {
        const clock = new DecisionClock(startMs);
        /** When each is to be looked at, and from when on it can be: what is scheduled for the past is due from then. */
        const waiting = new Map<number, { readonly atMs: number; readonly dueMs: number }>();
        let nowMs = startMs;
        const look = (slot: number): void => {
          expect(waiting.get(slot)?.atMs).toBeLessThanOrEqual(nowMs);
          waiting.delete(slot);
        };
        let next = 0;
        for (const { afterMs, schedule, looks } of steps) {
          nowMs += afterMs;
          for (let i = 0; i < looks; i++) {
            const slot = clock.nextDue(nowMs);
            if (slot !== undefined) look(slot);
          }
          for (const inMs of schedule) {
            clock.schedule(next, nowMs + inMs);
            waiting.set(next++, { atMs: nowMs + inMs, dueMs: nowMs + Math.max(0, inMs) });
          }
          for (const slot of allDue(clock, nowMs)) look(slot);
          for (const { dueMs } of waiting.values()) expect(dueMs).toBeGreaterThan(nowMs - TICK_MS);
        }
        nowMs += 4000;
        for (const slot of allDue(clock, nowMs)) look(slot);
        expect(waiting.size).toBe(0);
      }),
      400,
    );
  });

  test('gives what is due in the order of its ticks', () => {
    const clock = new DecisionClock(0);
    clock.schedule(1, 170);
    clock.schedule(2, 43);
    clock.schedule(3, 140);
    clock.schedule(4, 48);
    expect(allDue(clock, 49)).toEqual([]);
    expect(allDue(clock, 1000)).toEqual([2, 4, 3, 1]);
  });

  test('takes up again where a slice ended', () => {
    const clock = new DecisionClock(0);
    for (let slot = 0; slot < 5; slot++) clock.schedule(slot, 10);
    expect([clock.nextDue(100), clock.nextDue(100)]).toEqual([0, 1]);
    clock.schedule(9, 60);
    expect(allDue(clock, 150)).toEqual([2, 3, 4, 9]);
  });

  test('says how late it is with the earliest slot not looked at', () => {
    const clock = new DecisionClock(0);
    expect(clock.lateMs(1000)).toBe(0);
    clock.schedule(1, 100);
    clock.schedule(2, 100);
    clock.schedule(3, 300);
    expect([clock.lateMs(100), clock.lateMs(170)]).toEqual([100, 170]);
    expect(clock.nextDue(170)).toBe(1);
    expect(clock.lateMs(170)).toBe(70);
    expect([clock.nextDue(170), clock.nextDue(170)]).toEqual([2, undefined]);
    expect(clock.lateMs(170)).toBeLessThan(0);
    expect(clock.lateMs(350)).toBeLessThanOrEqual(350 - 170);
    expect(allDue(clock, 350)).toEqual([3]);
  });

  test('a long quiet time costs nothing', () => {
    const clock = new DecisionClock(0);
    // A step a tick would take minutes.
    expect(clock.nextDue(1e15)).toBeUndefined();
    clock.schedule(7, 1e15 + 60);
    expect(allDue(clock, 1e15 + 60 + TICK_MS)).toEqual([7]);
  });

  test('a long quiet time between two slots costs nothing', () => {
    const clock = new DecisionClock(0);
    clock.schedule(1, 40);
    clock.schedule(3, 1e15);
    clock.schedule(2, 1e14);
    expect(allDue(clock, 50)).toEqual([1]);
    expect(allDue(clock, 1e14 + TICK_MS)).toEqual([2]);
    expect(allDue(clock, 1e15 + TICK_MS)).toEqual([3]);
  });
});
