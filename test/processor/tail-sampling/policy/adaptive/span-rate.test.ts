import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpanRate } from '../../../../../src/processor/tail-sampling/policy/adaptive/span-rate.ts';
import { holds } from '../../../../support/property.ts';

describe('spans a second', () => {
  test.each([
    { atMs: 10_000, mean: 10, recent: 10, why: 'over the time there was' },
    { atMs: 30_000, mean: 10, recent: 10, why: 'over the window' },
    { atMs: 60_000, mean: 10, recent: 10, why: 'over the window alone' },
    { atMs: 60_500, mean: 10, recent: 10, why: 'with the part of a second under way' },
  ])('of a steady stream at $atMs ms, $why', ({ atMs, mean, recent }) => {
    const rate = new SpanRate();
    for (let at = 0; at < atMs; at += 100) rate.add(1, at);
    expect(rate.mean(atMs)).toBeCloseTo(mean);
    expect(rate.recent(atMs)).toBeCloseTo(recent);
  });

  test('of a spike are in the last two seconds at once and in the mean by and by', () => {
    const rate = new SpanRate();
    for (let at = 0; at < 60_000; at += 100) rate.add(1, at);
    for (let at = 60_000; at < 62_000; at += 100) rate.add(10, at);
    expect(rate.recent(62_000)).toBeCloseTo(100);
    expect(rate.mean(62_000)).toBeCloseTo((28 * 10 + 2 * 100) / 30);
  });

  test('of the very first moment are not taken for a flood', () => {
    const rate = new SpanRate();
    rate.add(5, 0);
    expect(rate.mean(0)).toBe(50);
  });

  test('are none when the window is over', () => {
    const rate = new SpanRate();
    rate.add(7, 500);
    expect(rate.isIdle(30_999)).toBe(false);
    expect(rate.isIdle(31_000)).toBe(true);
    rate.add(1, 1e9);
    expect(rate.isIdle(1e9)).toBe(false);
  });

  test('are what counting every span anew gives, whatever the times', () => {
    const event = fc.record({ gapMs: fc.integer({ min: 0, max: 12_000 }), spans: fc.integer({ min: 1, max: 100 }) });
    const bucket = (ms: number): number => Math.floor(ms / 1000);
    holds(
      fc.property(fc.array(event, { minLength: 1, maxLength: 60 }), (events) => {
        const rate = new SpanRate();
        const all: { at: number; spans: number }[] = [];
        let at = 0;
        for (const { gapMs, spans } of events) {
          at += gapMs;
          rate.add(spans, at);
          all.push({ at, spans });
          const since = (seconds: number): number =>
            all.filter((one) => bucket(one.at) >= bucket(at) - seconds).reduce((sum, one) => sum + one.spans, 0);
          const over = (ms: number): number => Math.max(100, Math.min(at, ms + (at % 1000))) / 1000;
          expect(rate.mean(at)).toBeCloseTo(since(30) / over(30_000));
          expect(rate.recent(at)).toBeCloseTo(since(2) / over(2000));
        }
      }),
      200,
    );
  });
});
