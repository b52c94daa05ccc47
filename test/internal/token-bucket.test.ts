import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TokenBucket } from '../../src/internal/token-bucket.ts';
import { holds } from '../support/property.ts';

describe('TokenBucket', () => {
  test('starts full, fills with time and no higher than its capacity', () => {
    const bucket = new TokenBucket(10, 20);
    expect(bucket.available(1000)).toBe(20);
    bucket.spend(15);
    expect(bucket.available(1000)).toBe(5);
    expect(bucket.available(1500)).toBe(10);
    expect(bucket.available(60_000)).toBe(20);
  });

  test('pays a debt before there is anything again', () => {
    const bucket = new TokenBucket(10, 20);
    expect(bucket.available(0)).toBe(20);
    bucket.spend(30);
    expect(bucket.available(500)).toBe(-5);
    expect(bucket.available(1500)).toBe(5);
  });

  test('gives out its rate and no more, however it is asked', () => {
    holds(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 1, max: 2000 }),
        fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 500 }), wanted: fc.integer({ min: 0, max: 300 }) }), { maxLength: 50, size: 'max' }),
        (perSecond, capacity, takes) => {
          const bucket = new TokenBucket(perSecond, capacity);
          let nowMs = 0;
          let taken = 0;
          bucket.available(nowMs);
          for (const { afterMs, wanted } of takes) {
            nowMs += afterMs;
            if (wanted > bucket.available(nowMs)) continue;
            bucket.spend(wanted);
            taken += wanted;
            expect(taken).toBeLessThanOrEqual(capacity + (perSecond * nowMs) / 1000 + 1e-6);
          }
        },
      ),
      300,
    );
  });
});
