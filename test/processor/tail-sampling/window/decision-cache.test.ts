import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CachedDecision, DecisionCache } from '../../../../src/processor/tail-sampling/window/decision-cache.ts';
import type { TraceId } from '../../../../src/processor/tail-sampling/window/trace-id.ts';
import { holds } from '../../../support/property.ts';
import { idOfWords, numberedId } from './trace-ids.ts';

function decision(number: number): CachedDecision {
  return { sampled: number % 2 === 1, policy: number % 50, thresholdHi: number & 0xfff_ffff, thresholdLo: (number * 7) & 0xfff_ffff, decidedAt: number };
}

function emptyEntry(): CachedDecision {
  return { sampled: false, policy: -1, thresholdHi: -1, thresholdLo: -1, decidedAt: -1 };
}

function found(cache: DecisionCache, id: TraceId): CachedDecision | undefined {
  const out = emptyEntry();
  return cache.get(id, out) ? out : undefined;
}

describe('DecisionCache', () => {
  const operation = fc.record({ put: fc.boolean(), id: fc.integer({ min: 0, max: 9 }) });

  test('holds at least the last entries touched, never more than twice as many, never a wrong one', () => {
    holds(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(operation, { maxLength: 200, size: 'max' }), (capacity, operations) => {
        const cache = new DecisionCache(capacity);
        const latest = new Map<number, CachedDecision>();
        /** Least recently touched first. */
        let touched: number[] = [];
        operations.forEach(({ put, id }, step) => {
          const before = touched.slice(-capacity);
          if (put) {
            latest.set(id, decision(step));
            cache.put(numberedId(id), decision(step));
          } else {
            const out = found(cache, numberedId(id));
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
    const cache = new DecisionCache(0);
    cache.put(numberedId(1), decision(1));
    expect(found(cache, numberedId(1))).toBeUndefined();
    expect(cache.size).toBe(0);
  });

  test('keeps the full range of each value', () => {
    const cache = new DecisionCache(4);
    const full: CachedDecision = { sampled: true, policy: 2 ** 31 - 1, thresholdHi: 0xffff_ffff, thresholdLo: 0xffff_ffff, decidedAt: 0xffff_ffff };
    const id = idOfWords([0xffff_ffff, 0, 0xdead_beef, 0x8000_0001]);
    cache.put(id, full);
    cache.put(idOfWords([0xffff_ffff, 0, 0xdead_beef, 0x8000_0000]), decision(2));
    expect(found(cache, id)).toEqual(full);
  });

  test('tells ids apart that differ in one bit', () => {
    const cache = new DecisionCache(500);
    const ids = Array.from({ length: 128 }, (_, bit) => {
      const words = [1, 2, 3, 4];
      words[bit >> 5]! ^= 1 << (bit & 31);
      return idOfWords(words);
    });
    ids.forEach((id, i) => cache.put(id, decision(i)));
    ids.forEach((id, i) => expect(found(cache, id)).toEqual(decision(i)));
    expect(found(cache, idOfWords([1, 2, 3, 4]))).toBeUndefined();
  });

  test('takes at most 96 bytes an entry when full, and little when empty', () => {
    const cache = new DecisionCache(100_000);
    expect(cache.memoryBytes).toBeLessThan(100_000);
    for (let i = 0; i < 250_000; i++) cache.put(numberedId(i), decision(i));
    expect(cache.size).toBeGreaterThanOrEqual(100_000);
    expect(cache.memoryBytes / cache.size).toBeLessThanOrEqual(96);
  });
});
