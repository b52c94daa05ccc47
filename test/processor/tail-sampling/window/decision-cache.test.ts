import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CachedDecision, DecisionCache } from '../../../../src/processor/tail-sampling/window/decision-cache.ts';
import { holds } from '../../../support/property.ts';

function decision(number: number): CachedDecision {
  return { sampled: number % 2 === 1, policy: number % 50, thresholdHi: number & 0xfff_ffff, thresholdLo: (number * 7) & 0xfff_ffff, decidedAt: number };
}

function emptyEntry(): CachedDecision {
  return { sampled: false, policy: -1, thresholdHi: -1, thresholdLo: -1, decidedAt: -1 };
}

/** A key of 8 UTF-16 units whose words of 32 bits are these. */
function key(...words: readonly [number, number, number, number]): string {
  return String.fromCharCode(...words.flatMap((word) => [word >>> 16, word & 0xffff]));
}

function numbered(number: number): string {
  return key(0, 0, 0, number);
}

function found(cache: DecisionCache, id: string): CachedDecision | undefined {
  const out = emptyEntry();
  return cache.get(id, out) ? out : undefined;
}

describe('DecisionCache', () => {
  const operation = fc.record({ put: fc.boolean(), id: fc.integer({ min: 0, max: 9 }) });

  test('holds at least the last entries touched, never more than twice as many, never a wrong one', () => {
    holds(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 0xffff_ffff }), fc.array(operation, { maxLength: 200, size: 'max' }), (capacity, seed, operations) => {
        const cache = new DecisionCache(capacity, seed);
        const latest = new Map<number, CachedDecision>();
        /** Least recently touched first. */
        let touched: number[] = [];
        operations.forEach(({ put, id }, step) => {
          const before = touched.slice(-capacity);
          if (put) {
            latest.set(id, decision(step));
            cache.put(numbered(id), decision(step));
          } else {
            const out = found(cache, numbered(id));
            if (before.includes(id)) expect(out).toBeDefined();
            if (out === undefined) return;
            expect(out).toEqual(latest.get(id));
          }
          touched = [...touched.filter((other) => other !== id), id];
          expect(cache.size).toBeLessThanOrEqual(2 * capacity);
        });
      }),
      200,
    );
  });

  test('of no capacity remembers nothing', () => {
    const cache = new DecisionCache(0, 1);
    cache.put(numbered(1), decision(1));
    expect(found(cache, numbered(1))).toBeUndefined();
    expect(cache.size).toBe(0);
  });

  test('keeps the full range of each value', () => {
    const cache = new DecisionCache(4, 7);
    const full: CachedDecision = { sampled: true, policy: 2 ** 30 - 1, thresholdHi: 0xffff_ffff, thresholdLo: 0xffff_ffff, decidedAt: 0xffff_ffff };
    const id = key(0xffff_ffff, 0, 0xdead_beef, 0x8000_0001);
    cache.put(id, full);
    cache.put(key(0xffff_ffff, 0, 0xdead_beef, 0x8000_0000), decision(2));
    expect(found(cache, id)).toEqual(full);
  });

  test('tells ids apart that differ in one bit', () => {
    const cache = new DecisionCache(500, 3);
    const ids = Array.from({ length: 128 }, (_, bit) => {
      const words: [number, number, number, number] = [1, 2, 3, 4];
      words[bit >> 5]! ^= 1 << (bit & 31);
      return key(...(words.map((word) => word >>> 0) as [number, number, number, number]));
    });
    ids.forEach((id, i) => cache.put(id, decision(i)));
    ids.forEach((id, i) => expect(found(cache, id)).toEqual(decision(i)));
    expect(found(cache, key(1, 2, 3, 4))).toBeUndefined();
  });

  test('takes at most 96 bytes an entry when full, and little when empty', () => {
    const cache = new DecisionCache(100_000, 1);
    expect(cache.memoryBytes).toBeLessThan(100_000);
    for (let i = 0; i < 250_000; i++) cache.put(numbered(i), decision(i));
    expect(cache.size).toBeGreaterThanOrEqual(100_000);
    expect(cache.memoryBytes / cache.size).toBeLessThanOrEqual(96);
  });

  test.each([
    ['counted up', (i: number) => numbered(i)],
    ['in one word of any', (i: number) => key(i << 16, 0, 0, 0)],
    ['with equal words', (i: number) => key(i, i, i, i)],
    ['in steps of the table size', (i: number) => key(0, i * 65_536, 0, 0)],
  ])('ids %s do not meet in one place', (_name, idOf) => {
    // Placed badly, 40,000 entries would be compared with each other 800 million times.
    const ids = Array.from({ length: 40_000 }, (_, i) => idOf(i));
    const time = (keys: readonly string[]): number => {
      const cache = new DecisionCache(keys.length, 0x1234_5678);
      const startMs = performance.now();
      keys.forEach((id, i) => cache.put(id, decision(i)));
      expect(keys.every((id) => found(cache, id) !== undefined)).toBe(true);
      return performance.now() - startMs;
    };
    const random = Array.from({ length: 40_000 }, (_, i) => key(Math.imul(i, 0x9e37_79b1) >>> 0, Math.imul(i, 0x85eb_ca6b) >>> 0, i, i * 3));
    time(random);
    expect(time(ids)).toBeLessThan(20 * time(random) + 50);
  });
});
