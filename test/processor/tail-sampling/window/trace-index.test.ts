import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../../src/internal/seeded-random.ts';
import { NONE } from '../../../../src/processor/tail-sampling/window/arena.ts';
import { Rows } from '../../../../src/processor/tail-sampling/window/rows.ts';
import { TraceId } from '../../../../src/processor/tail-sampling/window/trace-id.ts';
import { TraceIndex } from '../../../../src/processor/tail-sampling/window/trace-index.ts';
import { holds } from '../../../support/property.ts';
import { HASH_KEY } from './trace-ids.ts';

/** A table of ids that are nothing but a number and a hash, so that any hashes can be tried. */
class Ids {
  readonly rows = new Rows(4);
  readonly index = new TraceIndex(this.rows);

  id(number: number, hash: number): TraceId {
    const id = new TraceId(HASH_KEY);
    id.set(0, 0, 0, number, hash);
    return id;
  }

  add(number: number, hash: number): number {
    const row = this.rows.take();
    this.rows.chunk(row).set([0, 0, 0, number], this.rows.at(row));
    this.index.add(hash, row);
    return row;
  }

  find(number: number, hash: number): number {
    return this.index.find(this.id(number, hash));
  }
}

describe('TraceIndex', () => {
  test('finds what a Map finds, wherever hashes meet', () => {
    // Few hashes at the same places of the least segment, so that entries stand in each other's way, round its end as well.
    const hash = fc.oneof(fc.constantFrom(0, 1, 62, 63, -1, 0x8000_003f | 0, 0x4000_0001), fc.integer({ min: 50, max: 70 }));
    const operation = fc.record({ adds: fc.boolean(), number: fc.integer({ min: 0, max: 60 }) });
    holds(
      fc.property(fc.array(hash, { minLength: 61, maxLength: 61 }), fc.array(operation, { maxLength: 100, size: 'max' }), (hashes, operations) => {
        const ids = new Ids();
        const model = new Map<number, number>();
        for (const { adds, number } of operations) {
          const known = model.get(number);
          if (adds && known === undefined) {
            model.set(number, ids.add(number, hashes[number]!));
          } else if (!adds && known !== undefined) {
            ids.index.remove(hashes[number]!, known);
            model.delete(number);
          }
          for (let each = 0; each <= 60; each++) expect(ids.find(each, hashes[each]!)).toBe(model.get(each) ?? NONE);
        }
      }),
      100,
    );
  });

  test('grows and shrinks without losing anything, and takes 24 bytes an entry at most', () => {
    const ids = new Ids();
    const hashOf = (number: number): number => Math.imul(number, 0x9e37_79b1);
    const rows: number[] = [];
    for (let number = 0; number < 100_000; number++) rows.push(ids.add(number, hashOf(number)));
    expect(rows.every((row, number) => ids.find(number, hashOf(number)) === row)).toBe(true);
    expect(ids.index.memoryBytes / 100_000).toBeLessThan(24);
    for (let number = 0; number < 100_000; number += 3) ids.index.remove(hashOf(number), rows[number]!);
    expect(rows.every((row, number) => ids.find(number, hashOf(number)) === (number % 3 === 0 ? NONE : row))).toBe(true);
    ids.index.clear();
    expect(rows.every((_, number) => ids.find(number, hashOf(number)) === NONE)).toBe(true);
  });

  test('grows at an even pace while it doubles, though hashes fill all of it alike', () => {
    const random = seededRandom(1);
    const index = new TraceIndex({ isOf: () => false, isAlive: () => true });
    const grown: number[] = [];
    let row = 0;
    // From 16 times the entries of a segment to 32 times, in sixteen steps of equal ratios.
    for (let step = 0; step <= 16; step++) {
      const until = 16 * 16_384 * 2 ** (step / 16);
      const before = index.memoryBytes;
      while (row < until) index.add((random() * 2 ** 32) | 0, row++);
      grown.push(index.memoryBytes - before);
    }
    const steps = grown.slice(1);
    const all = steps.reduce((sum, bytes) => sum + bytes, 0);
    expect(Math.max(...steps)).toBeLessThan((3 * all) / 16);
  });

  test('divides a part of it alone when many hashes begin alike', () => {
    const ids = new Ids();
    const before = ids.index.memoryBytes;
    const hashOf = (number: number): number => (0xabc0_0000 | (number << 5)) | 0;
    const rows = Array.from({ length: 40_000 }, (_, number) => ids.add(number, hashOf(number)));
    expect(rows.every((row, number) => ids.find(number, hashOf(number)) === row)).toBe(true);
    expect(ids.find(1, 0x1234_5678)).toBe(NONE);
    // What does not begin like them is found in a segment that has stayed small, or is the empty half of one that was split.
    expect(ids.index.memoryBytes - before).toBeLessThan(18 * 16_384 * 8);
  });

  test('says so when there is no end of hashes that begin alike', () => {
    const ids = new Ids();
    expect(() => {
      for (let number = 0; number < 13_000; number++) ids.add(number, 5);
    }).toThrow('hashes that begin alike');
  });
});
