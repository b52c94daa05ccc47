import { describe, expect, test } from 'vitest';
import { Arena, NONE } from '../../../../src/processor/tail-sampling/window/arena.ts';
import { EnvelopeTable } from '../../../../src/processor/tail-sampling/window/envelope-table.ts';
import { SpanTable } from '../../../../src/processor/tail-sampling/window/span-table.ts';

describe('SpanTable', () => {
  test('gives freed rows out again and keeps what it holds while it grows', () => {
    const table = new SpanTable();
    const rows = Array.from({ length: 3000 }, (_, i) => table.add(i, i + 1, i + 2, i + 3, i & 0xff));
    expect(new Set(rows).size).toBe(3000);
    const row = rows[2500]!;
    expect([table.segment[row], table.offset[row], table.size[row], table.scope[row], table.info[row], table.next[row]]).toEqual([
      2500, 2501, 2502, 2503, 2500 & 0xff, NONE,
    ]);
    table.remove(rows[7]!);
    table.remove(rows[9]!);
    expect([table.segment[rows[7]!], table.count]).toEqual([NONE, 2998]);
    expect([table.add(1, 1, 1, 1, 1), table.add(2, 2, 2, 2, 2)].sort((a, b) => a - b)).toEqual([rows[7], rows[9]]);
    expect(table.rows).toBe(3000);
  });

  test('begins from the front when it is empty, and gives the memory of a large load back', () => {
    const table = new SpanTable();
    const small = table.memoryBytes;
    for (let round = 0; round < 2; round++) {
      const rows = Array.from({ length: 70_000 }, () => table.add(0, 0, 1, 0, 0));
      expect(rows[69_999]).toBe(69_999);
      for (const row of rows) table.remove(row);
      expect([table.count, table.rows, table.memoryBytes]).toEqual([0, 0, small]);
    }
  });
});

describe('EnvelopeTable', () => {
  test('keeps what spans came in until the last of them has gone, from the inside out', () => {
    const arena = new Arena(1 << 20);
    const table = new EnvelopeTable(arena);
    const add = (size: number, outer: number): number => {
      if (size === 0) return table.add(NONE, 0, 0, outer);
      expect(arena.allocate(size)).toBe(true);
      return table.add(arena.segment, arena.offset, size, outer);
    };
    const request = add(10, NONE);
    const resource = add(100, request);
    const scope = add(1000, resource);
    const other = add(0, resource);
    table.uses[scope] = 2;
    table.uses[other] = 1;
    expect([table.count, arena.aliveBytes, table.uses[resource], table.uses[request]]).toEqual([4, 1110, 2, 1]);
    table.release(scope);
    expect([table.count, arena.aliveBytes]).toEqual([4, 1110]);
    table.release(scope);
    expect([table.count, arena.aliveBytes]).toEqual([3, 110]);
    table.release(other);
    expect([table.count, arena.aliveBytes, table.rows]).toEqual([0, 0, 0]);
  });

  test('keeps what it holds while it grows', () => {
    const table = new EnvelopeTable(new Arena(1 << 20));
    const rows = Array.from({ length: 1000 }, (_, i) => table.add(NONE, i, 0, NONE));
    expect(rows.map((row) => table.offset[row])).toEqual(rows.map((_, i) => i));
    expect(table.count).toBe(1000);
  });
});
