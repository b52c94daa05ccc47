import { describe, expect, test } from 'vitest';
import { halfSipHash } from '../../src/internal/half-sip-hash.ts';
import { seededRandom } from '../../src/internal/seeded-random.ts';

type Words = readonly [number, number, number, number];

const random = seededRandom(7);
const word = (): number => Math.floor(random() * 2 ** 32) | 0;
const hash = ([a, b, c, d]: Words, k0 = 0x0123_4567, k1 = 0x89ab_cdef | 0): number => halfSipHash(a, b, c, d, k0, k1);

/** The fullest of 256 places, by eight bits of the hash from `shift` on, against the average. */
function crowding(hashes: readonly number[], shift: number): number {
  const places = new Uint32Array(256);
  for (const one of hashes) places[(one >>> shift) & 0xff]!++;
  return (Math.max(...places) * 256) / hashes.length;
}

/** Of 200 in each of 256 places the fullest has, by chance, about 3 standard deviations more, and hardly ever 6. */
const COUNT = 256 * 200;
const CROWDED = 1 + 6 / Math.sqrt(200);

describe('halfSipHash', () => {
  test.each<readonly [string, (i: number) => Words]>([
    ['counted up', (i) => [0, 0, 0, i]],
    ['in one word of any', (i) => [i << 12, 0, 0, 0]],
    ['with equal words', (i) => [i, i, i, i]],
    ['in steps of a table', (i) => [0, i * 65_536, 0, 0]],
    ['of any words', () => [word(), word(), word(), word()]],
  ])('keys %s do not meet in one place', (_name, keyOf) => {
    const hashes = Array.from({ length: COUNT }, (_, i) => hash(keyOf(i)));
    for (const shift of [0, 8, 16, 24]) expect(crowding(hashes, shift)).toBeLessThan(CROWDED);
    expect(new Set(hashes).size).toBeGreaterThan(COUNT * 0.999);
  });

  test('keys that meet under one seed are spread by another', () => {
    const meeting: Words[] = [];
    for (let i = 0; meeting.length < COUNT / 8; i++) if ((hash([1, 2, i, 3]) & 0xff) === 0) meeting.push([1, 2, i, 3]);
    expect(crowding(meeting.map((key) => hash(key)), 0)).toBe(256);
    const other = meeting.map((key) => hash(key, 0x0123_4566));
    expect(crowding(other, 0)).toBeLessThan(1 + 6 / Math.sqrt(25));
  });

  test('each bit of the key changes each bit of the hash half of the time', () => {
    const KEYS = 4000;
    for (let bit = 0; bit < 128; bit++) {
      const changes = new Uint32Array(32);
      for (let i = 0; i < KEYS; i++) {
        const key: [number, number, number, number] = [word(), word(), word(), word()];
        const before = hash(key);
        key[bit >> 5]! ^= 1 << (bit & 31);
        const difference = before ^ hash(key);
        for (let out = 0; out < 32; out++) changes[out]! += (difference >>> out) & 1;
      }
      for (const count of changes) expect(Math.abs(count - KEYS / 2)).toBeLessThan(6 * Math.sqrt(KEYS / 4));
    }
  });
});
