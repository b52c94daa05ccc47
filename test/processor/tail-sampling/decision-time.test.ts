import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConsumeError } from '../../../src/consumer/consume-error.ts';
import { id } from '../../support/otlp.ts';
import { holdsAsync } from '../../support/property.ts';
import { KEEP_ERRORS, ProcessorRig, spansOfTraces } from './processor-rig.ts';

const CHILD = { parentSpanId: id(99, 8) };

/** Ticks until the first span comes out; how long that took. */
function msUntilKept(rig: ProcessorRig, limitMs: number): number {
  for (let ms = 0; ms <= limitMs; ms++) {
    if (rig.sink.requests.length > 0) return ms;
    rig.clock.tick(1);
  }
  throw new Error(`nothing came out within ${limitMs} ms`);
}

describe('decision_wait', () => {
  test('of any length is kept to within 100 ms, and counted from the first span', async () => {
    await holdsAsync(
      fc.asyncProperty(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 1000 }), fc.double({ min: 0, max: 0.9, noNaN: true }), async (waitMs, atMs, share) => {
        const rig = new ProcessorRig({ decision_wait: `${waitMs}ms` });
        rig.clock.tick(atMs);
        await rig.send({ ...CHILD, traceId: id(1, 16) });
        const laterMs = Math.floor(share * waitMs);
        rig.clock.tick(laterMs);
        if (laterMs > 0) await rig.send({ ...CHILD, traceId: id(1, 16) });
        const tookMs = laterMs + msUntilKept(rig, 5000);
        expect(tookMs).toBeGreaterThanOrEqual(waitMs);
        expect(tookMs).toBeLessThanOrEqual(waitMs + 100);
        expect(rig.keptSpans).toHaveLength(laterMs > 0 ? 2 : 1);
      }),
      100,
    );
  });

  test('decides one trace after the other, and says how late', async () => {
    const rig = new ProcessorRig({});
    for (const number of [1, 2, 3]) {
      await rig.send(...spansOfTraces(number));
      rig.clock.tick(300);
    }
    rig.clock.tick(150);
    expect(rig.kept).toEqual([1]);
    rig.clock.tick(250);
    expect(rig.kept).toEqual([1, 2]);
    rig.clock.tick(300);
    expect(rig.kept).toEqual([1, 2, 3]);
    expect(rig.metric('decisions', 'trigger="decision_wait"')).toBe(3);
    expect(Math.max(...rig.settings.meter.samples('tailrace_tail_sampling_decision_lag{processor="tail_sampling"}'))).toBeLessThanOrEqual(0.1);
  });

  test('decides very many at once, without losing one', async () => {
    const rig = new ProcessorRig({});
    for (let i = 0; i < 20; i++) await rig.send(...spansOfTraces(...Array.from({ length: 500 }, (_, j) => i * 500 + j + 1)));
    rig.clock.tick(1100);
    await rig.settle();
    expect(new Set(rig.kept).size).toBe(10_000);
    expect(rig.unaccounted).toBe(0);
  });
});

describe('while there is no time for what is due', () => {
  const numbers = (from: number): number[] => Array.from({ length: 100 }, (_, i) => from + i);

  test('twice as many spans are decided as come in, so that the window does not grow', async () => {
    const rig = new ProcessorRig({ decision_wait: '10s' });
    for (let i = 0; i < 40; i++) await rig.send(...spansOfTraces(...numbers(100 * i + 1)));
    rig.clock.stall(10_200);
    const waiting: number[] = [];
    for (let i = 40; i < 65; i++) {
      await rig.send(...spansOfTraces(...numbers(100 * i + 1)));
      waiting.push(rig.metric('window_spans'));
    }
    const batch = 32;
    for (const [i, spans] of waiting.slice(0, 20).entries()) {
      expect(spans).toBeLessThanOrEqual(4000 - 100 * (i + 1));
      expect(spans).toBeGreaterThan(4000 - 100 * (i + 1) - batch);
    }
    // Then nothing is behind any more.
    expect(waiting.at(-1)).toBe(2500);
    rig.clock.tick(100);
    await rig.settle();
    expect(rig.kept).toEqual(Array.from({ length: 4000 }, (_, i) => i + 1));
    expect(rig.unaccounted).toBe(0);
  });

  test('nothing more is decided when the next component takes no more', async () => {
    const rig = new ProcessorRig({ decision_wait: '10s', window: { max_bytes: 4 << 20 } });
    rig.next.error = new ConsumeError('unavailable', 'down');
    const attributes = { text: 'x'.repeat(10_000) };
    for (let i = 1; i <= 300; i++) await rig.send({ traceId: id(i, 16), attributes });
    rig.clock.stall(10_200);
    for (let i = 301; i <= 380; i++) await rig.send({ traceId: id(i, 16), attributes });
    await rig.settle();
    // A quarter of the window, and the batch with which that was reached.
    expect(rig.metric('outbound_spans')).toBeGreaterThanOrEqual(100);
    expect(rig.metric('outbound_spans')).toBeLessThanOrEqual(160);
    expect(rig.unaccounted).toBe(0);
  });
});

describe('decision_wait_after_root_received', () => {
  test.each([
    ['a root moves the deadline forward', [[0, CHILD], [400, {}]], 600],
    ['a root that comes late never moves it back', [[0, CHILD], [950, {}]], 1000],
    ['a second root changes nothing', [[0, {}], [100, {}]], 200],
    ['a root that comes first counts', [[0, {}], [150, CHILD]], 200],
    ['without root the trace waits', [[0, CHILD], [400, CHILD]], 1000],
    ['a parent id of zeros is none', [[0, CHILD], [400, { parentSpanId: id(0, 8) }]], 600],
  ] as const)('%s', async (_name, arrivals, expectedMs) => {
    const rig = new ProcessorRig({ decision_wait_after_root_received: '200ms' });
    let nowMs = 0;
    for (const [atMs, fields] of arrivals) {
      rig.clock.tick(atMs - nowMs);
      nowMs = atMs;
      await rig.send({ ...fields, traceId: id(1, 16) });
    }
    const tookMs = nowMs + msUntilKept(rig, 3000);
    expect(tookMs).toBeGreaterThanOrEqual(expectedMs);
    expect(tookMs).toBeLessThanOrEqual(expectedMs + 100);
    expect(rig.metric('decisions', `trigger="${expectedMs < 1000 ? 'root_received' : 'decision_wait'}"`)).toBe(1);
  });
});

describe('decision_wait_after_idle', () => {
  test.each([
    ['a quiet trace is decided early', [0], 200, 'idle'],
    ['each span starts the quiet time again', [0, 150, 300, 450], 650, 'idle'],
    ['a trace that is never quiet is decided by decision_wait', [0, 150, 300, 450, 600, 750, 900], 1000, 'decision_wait'],
  ] as const)('%s', async (_name, arrivals, expectedMs, trigger) => {
    const rig = new ProcessorRig({ decision_wait_after_idle: '200ms' });
    let nowMs = 0;
    for (const atMs of arrivals) {
      rig.clock.tick(atMs - nowMs);
      nowMs = atMs;
      await rig.send({ traceId: id(1, 16) });
    }
    const tookMs = nowMs + msUntilKept(rig, 3000);
    expect(tookMs).toBeGreaterThanOrEqual(expectedMs);
    expect(tookMs).toBeLessThanOrEqual(expectedMs + 100);
    expect(rig.metric('decisions', `trigger="${trigger}"`)).toBe(1);
    expect(rig.keptSpans).toHaveLength(arrivals.length);
  });

  test('a slot that is used again does not inherit a deadline', async () => {
    const rig = new ProcessorRig({ decision_wait_after_idle: '200ms', policies: KEEP_ERRORS, decision_cache: { non_sampled_cache_size: 0 } });
    await rig.send({ traceId: id(1, 16) });
    rig.clock.tick(300);
    expect(rig.metric('window_spans')).toBe(0);
    rig.clock.tick(600);
    // The first trace's own deadline passes at 1000, with another in its slot that is not due before 1100.
    await rig.send({ traceId: id(2, 16), statusCode: 2 });
    rig.clock.tick(190);
    expect(rig.kept).toEqual([]);
    rig.clock.tick(110);
    expect(rig.kept).toEqual([2]);
  });
});

test('a slice of decisions is one span of our own traces, a tick without decisions none', async () => {
  const rig = new ProcessorRig({});
  await rig.send(...spansOfTraces(1, 2, 3));
  rig.clock.tick(900);
  expect(rig.ownSpans).toEqual([]);
  rig.clock.tick(2000);
  expect(rig.ownSpans).toEqual([['decide traces', { traces: 3 }]]);
});
