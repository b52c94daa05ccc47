import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maxMinShares } from '../../../../../src/processor/tail-sampling/policy/adaptive/max-min-shares.ts';
import { holds } from '../../../../support/property.ts';

describe('max-min fair shares', () => {
  test.each([
    { demands: [], total: 10, shares: [] },
    { demands: [4], total: 10, shares: [4] },
    { demands: [40], total: 10, shares: [10] },
    { demands: [2, 2.6, 4, 5], total: 10, shares: [2, 2.6, 2.7, 2.7] },
    { demands: [100, 1, 100], total: 21, shares: [10, 1, 10] },
    { demands: [3, 3], total: 0, shares: [0, 0] },
  ])('of $total for $demands are $shares', ({ demands, total, shares }) => {
    const given = maxMinShares(demands, total);
    expect(given).toHaveLength(shares.length);
    given.forEach((share, index) => expect(share).toBeCloseTo(shares[index]!));
  });

  test('give nobody more than it asks for, all there is, and who lacks no less than anybody', () => {
    const demand = fc.double({ min: 0, max: 1e6, noNaN: true });
    holds(
      fc.property(fc.array(demand, { maxLength: 40 }), demand, (demands, total) => {
        const shares = maxMinShares(demands, total);
        const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
        const slack = 1e-9 * (1 + total);
        expect(Math.abs(sum(shares) - Math.min(total, sum(demands)))).toBeLessThan(slack * 10);
        const largest = Math.max(0, ...shares);
        shares.forEach((share, index) => {
          expect(share).toBeLessThanOrEqual(demands[index]!);
          if (share < demands[index]! - slack) expect(share).toBeGreaterThan(largest - slack * 10);
        });
      }),
      500,
    );
  });
});
