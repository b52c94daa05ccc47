import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecisionCache } from '../../../../src/processor/tail-sampling/window/decision-cache.ts';
import type { CachedDecision } from '../../../../src/processor/tail-sampling/window/decision-log.ts';
import type { TraceId } from '../../../../src/processor/tail-sampling/window/trace-id.ts';
import { holds } from '../../../support/property.ts';
import { idOfWords, numberedId } from './trace-ids.ts';

function decision(number: number, sampled = number % 2 === 1): CachedDecision {
  return { sampled, policy: number % 50, thresholdHi: number & 0xfff_ffff, thresholdLo: (number * 7) & 0xfff_ffff, decidedAt: number };
}

function emptyEntry(): CachedDecision {
  return { sampled: false, policy: -1, thresholdHi: -1, thresholdLo: -1, decidedAt: -1 };
}

function found(cache: DecisionCache, id: TraceId): CachedDecision | undefined {
  const out = emptyEntry();
  return cache.get(id, out) ? out : undefined;
}

function ofCapacity(capacity: number): DecisionCache {
  return new DecisionCache({ sampled: capacity, notSampled: capacity });
}

describe('DecisionCache', () => {
  const operation = fc.record({ put: fc.boolean(), id: fc.integer({ min: 0, max: 19 }) });
  const capacity = fc.integer({ min: 1, max: 5 });

  test('holds of each kind at least the last entries touched, never more than twice as many, never a wrong one', () => {
    holds(
      fc.property(capacity, capacity, fc.array(operation, { maxLength: 300, size: 'max' }), (sampled, notSampled, operations) => {
        const cache = new DecisionCache({ sampled, notSampled });
        const latest = new Map<number, CachedDecision>();
        /** By kind, the least recently touched first. */
        const touched: Record<string, number[]> = { true: [], false: [] };
        operations.forEach(({ put, id }, step) => {
          const isSampled = id % 2 === 0;
          const ofKind = touched[String(isSampled)]!;
          const before = ofKind.slice(isSampled ? -sampled : -notSampled);
          if (put) {
            latest.set(id, decision(step, isSampled));
            cache.put(numberedId(id), decision(step, isSampled));
          } else {
            const out = found(cache, numberedId(id));
            if (before.includes(id)) expect(out).toBeDefined();
            if (out === undefined) return;
            expect(out).toEqual(latest.get(id));
          }
          touched[String(isSampled)] = [...ofKind.filter((other) => other !== id), id];
          expect(cache.size(true)).toBeLessThanOrEqual(2 * sampled);
          expect(cache.size(false)).toBeLessThanOrEqual(2 * notSampled);
        });
      }),
      200,
    );
  });

  test('of no capacity remembers nothing, of the kind that has none', () => {
    const cache = new DecisionCache({ sampled: 0, notSampled: 5 });
    cache.put(numberedId(1), decision(1));
    cache.put(numberedId(2), decision(2));
    expect([found(cache, numberedId(1)), found(cache, numberedId(2))]).toEqual([undefined, decision(2)]);
    expect([cache.size(true), cache.size(false)]).toEqual([0, 1]);
  });

  test('keeps the last of two decisions about a trace', () => {
    const cache = ofCapacity(5);
    for (const number of [2, 3, 4]) cache.put(numberedId(7), decision(number));
    expect(found(cache, numberedId(7))).toEqual(decision(4));
  });

  test('keeps the full range of each value', () => {
    const cache = ofCapacity(4);
    const full: CachedDecision = { sampled: true, policy: 2 ** 31 - 1, thresholdHi: -1, thresholdLo: 0xfff_ffff, decidedAt: 2 ** 31 - 1 };
    const id = idOfWords([0xffff_ffff, 0, 0xdead_beef, 0x8000_0001]);
    cache.put(id, full);
    cache.put(idOfWords([0xffff_ffff, 0, 0xdead_beef, 0x8000_0000]), decision(2));
    expect(found(cache, id)).toEqual(full);
  });

  test('tells ids apart that differ in one bit', () => {
    const cache = ofCapacity(500);
    const ids = Array.from({ length: 128 }, (_, bit) => {
      const words = [1, 2, 3, 4];
      words[bit >> 5]! ^= 1 << (bit & 31);
      return idOfWords(words);
    });
    ids.forEach((id, i) => cache.put(id, decision(i)));
    ids.forEach((id, i) => expect(found(cache, id)).toEqual(decision(i)));
    expect(found(cache, idOfWords([1, 2, 3, 4]))).toBeUndefined();
  });

  test('takes at most 96 bytes an entry when full, however many come, and little when empty', () => {
    const cache = new DecisionCache({ sampled: 5000, notSampled: 20_000 });
    expect(cache.memoryBytes(true) + cache.memoryBytes(false)).toBeLessThan(20_000);
    for (let i = 0; i < 300_000; i++) {
      cache.put(numberedId(i), decision(i, i % 5 === 0));
      if (i === 150_000) expect([cache.size(true), cache.size(false)]).toEqual([10_000, 40_000]);
    }
    expect(cache.memoryBytes(true) / cache.size(true)).toBeLessThanOrEqual(96);
    expect(cache.memoryBytes(false) / cache.size(false)).toBeLessThanOrEqual(96);
    for (let i = 280_000; i < 300_000; i++) expect(found(cache, numberedId(i))).toEqual(decision(i, i % 5 === 0));
    expect(found(cache, numberedId(200_000))).toBeUndefined();
  });
});
