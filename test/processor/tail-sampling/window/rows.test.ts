import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Rows } from '../../../../src/processor/tail-sampling/window/rows.ts';
import { holds } from '../../../support/property.ts';

describe('Rows', () => {
  test('gives each row to one owner at a time, and keeps what is in it', () => {
    holds(
      fc.property(fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat() }), { maxLength: 200, size: 'max' }), (operations) => {
        const rows = new Rows(3);
        const held = new Map<number, number>();
        operations.forEach((pick, step) => {
          if (pick < 0) {
            const row = rows.take();
            expect(held.has(row)).toBe(false);
            rows.chunk(row).set([step, step + 1, step + 2], rows.at(row));
            held.set(row, step);
          } else if (held.size > 0) {
            const row = [...held.keys()][pick % held.size]!;
            rows.give(row);
            held.delete(row);
          }
          expect(rows.count).toBe(held.size);
        });
        for (const [row, step] of held) expect([...rows.chunk(row).subarray(rows.at(row), rows.at(row) + 3)]).toEqual([step, step + 1, step + 2]);
      }),
      100,
    );
  });

  test('grows without moving anything, from the front after it was empty, and lets go of what it took', () => {
    const rows = new Rows(2);
    for (let round = 0; round < 2; round++) {
      const taken = Array.from({ length: 10_000 }, () => rows.take());
      expect(taken[9999]).toBe(9999);
      expect(rows.chunk(1)).toBe(rows.chunk(4000));
      expect(rows.memoryBytes).toBeGreaterThan(3 * 4096 * 8);
      for (const row of taken) rows.give(row);
      expect([rows.count, rows.used, rows.memoryBytes]).toEqual([0, 0, 4096 * 8 + 16 * 4]);
    }
  });

  test('has the same bytes as numbers of 64 bits', () => {
    const rows = new Rows(4);
    const row = [rows.take(), rows.take()][1]!;
    rows.doublesOf(row)[rows.at(row) / 2 + 1] = 1.5;
    expect([...rows.chunk(row).subarray(rows.at(row), rows.at(row) + 4)]).toEqual([0, 0, 0, 0x3ff8_0000]);
  });
});
