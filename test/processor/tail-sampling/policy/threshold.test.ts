import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fnv1a64 } from '../../../../src/processor/tail-sampling/policy/fnv.ts';
import { bitsOfHex, compare, hexOfBits } from '../../../../src/processor/tail-sampling/policy/bits56.ts';
import { KEEP_NONE } from '../../../../src/processor/tail-sampling/policy/policy.ts';
import { successor, thresholdOf } from '../../../../src/processor/tail-sampling/policy/threshold.ts';
import { id } from '../../../support/otlp.ts';
import { holds } from '../../../support/property.ts';
import { ProcessorRig } from '../processor-rig.ts';
import { fnv1a64 as plainFnv1a64 } from './policy-model.ts';

describe('thresholdOf', () => {
  test.each([
    [1, '0'],
    [1 / 2, '8'],
    [1 / 3, 'aaab'],
    [2 / 3, '5555'],
    [1 / 4, 'c'],
    [3 / 4, '4'],
    [1 / 10, 'e666'],
    [1 / 16, 'f'],
    [1 / 100, 'fd70a'],
    [1 / 1000, 'ffbe77'],
    [1e-6, 'ffffef39'],
    [1 - 2 ** -30, '0'],
  ])('of %d is %s', (probability, digits) => {
    expect(hexOfBits(thresholdOf(probability))).toBe(digits.padEnd(14, '0'));
  });

  test('keeps what it says, to within the digits that are written', () => {
    holds(
      fc.property(fc.double({ min: 1e-9, max: 1, noNaN: true }), (probability) => {
        const threshold = hexOfBits(thresholdOf(probability));
        expect(threshold).toMatch(/^[0-9a-f]{14}$/);
        const kept = Number(2n ** 56n - BigInt(`0x${threshold}`)) / 2 ** 56;
        expect(Math.abs(kept - probability) / probability).toBeLessThan(16 ** -3);
      }),
      1000,
    );
  });
});

test.each([
  ['00000000000000', '00000000000001'],
  ['0000000fffffff', '00000010000000'],
  ['fffffffffffffe', 'ffffffffffffff'],
])('the least threshold that keeps out %s is %s', (randomness, threshold) => {
  expect(successor(bitsOfHex(randomness))).toEqual(bitsOfHex(threshold));
});

test('nothing passes the threshold that keeps out the highest randomness', () => {
  expect(successor(bitsOfHex('ffffffffffffff'))).toEqual(KEEP_NONE);
  expect(compare(bitsOfHex('ffffffffffffff'), KEEP_NONE)).toBeLessThan(0);
});

test('numbers of 56 bits compare as their hex digits do, and are read as they are written', () => {
  const digits = fc.stringMatching(/^[0-9a-f]{14}$/);
  holds(
    fc.property(digits, digits, (a, b) => {
      expect(Math.sign(compare(bitsOfHex(a), bitsOfHex(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
      expect(hexOfBits(bitsOfHex(a))).toBe(a);
    }),
    1000,
  );
});

describe('fnv1a64', () => {
  const text = ({ hi, lo }: { hi: number; lo: number }): string => hi.toString(16).padStart(8, '0') + lo.toString(16).padStart(8, '0');

  // From the test vectors of http://www.isthe.com/chongo/tech/comp/fnv/.
  test.each([
    ['', 'cbf29ce484222325'],
    ['a', 'af63dc4c8601ec8c'],
    ['foobar', '85944171f73967e8'],
  ])('of "%s"', (input, hash) => {
    expect(text(fnv1a64(Buffer.from(input)))).toBe(hash);
  });

  test('is that of 64-bit arithmetic, whole and continued', () => {
    holds(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(), (bytes, at) => {
        const expected = plainFnv1a64(bytes).toString(16).padStart(16, '0');
        const split = at % (bytes.length + 1);
        expect(text(fnv1a64(bytes))).toBe(expected);
        expect(text(fnv1a64(bytes.subarray(split), fnv1a64(bytes.subarray(0, split))))).toBe(expected);
      }),
      500,
    );
  });
});

describe('probabilistic', () => {
  const keptOf = async (config: Readonly<Record<string, string | number>>, traceIds: readonly string[]): Promise<number> => {
    const rig = new ProcessorRig({ policies: [{ name: 'p', type: 'probabilistic', probabilistic: config }] });
    await rig.send(...traceIds.map((traceId) => ({ traceId })));
    rig.clock.tick(1100);
    return rig.keptSpans.length;
  };
  const withRandomness = (randomness: string): string => `${'ab'.repeat(9)}${randomness}`;

  test.each([
    ['just below', '7fffffffffffff', 0],
    ['at', '80000000000000', 1],
    ['above', 'ffffffffffffff', 1],
  ])('keeps the trace from the threshold on: %s', async (_name, randomness, kept) => {
    expect(await keptOf({ sampling_percentage: 50 }, [withRandomness(randomness)])).toBe(kept);
  });

  test.each([
    [0, 0],
    [-5, 0],
    [100, 3],
    [250, 3],
  ])('%i per cent', async (percentage, kept) => {
    const traceIds = ['00000000000000', '80000000000000', 'ffffffffffffff'].map(withRandomness);
    expect(await keptOf({ sampling_percentage: percentage }, traceIds)).toBe(kept);
    expect(await keptOf({ sampling_percentage: percentage, hash_salt: 'x' }, traceIds)).toBe(kept);
  });

  test('keeps the share it says, by randomness and by hash', async () => {
    const traceIds = Array.from({ length: 20_000 }, (_, i) => id(Math.imul(i + 1, 0x9e37_79b1) >>> 0, 16).slice(0, 18) + id(Math.imul(i + 1, 0x9e37_79b1) >>> 0, 8).slice(8) + id(i, 8).slice(10));
    for (const config of [{ sampling_percentage: 10 }, { sampling_percentage: 10, hash_salt: 'default-hash-seed' }]) {
      const share = (await keptOf(config, traceIds)) / traceIds.length;
      // Six standard deviations of a binomial share.
      expect(Math.abs(share - 0.1)).toBeLessThan(6 * Math.sqrt((0.1 * 0.9) / traceIds.length));
    }
  });
});
