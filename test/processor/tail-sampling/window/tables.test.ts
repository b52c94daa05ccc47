import { describe, expect, test } from 'vitest';
import { Arena, NONE } from '../../../../src/processor/tail-sampling/window/arena.ts';
import { EnvelopeTable } from '../../../../src/processor/tail-sampling/window/envelope-table.ts';
import { ROOT_MARK, SpanRuns, TRACE_STATE_MARK } from '../../../../src/processor/tail-sampling/window/span-runs.ts';

describe('SpanRuns', () => {
  test('gives freed rows out again and keeps what it holds while it grows', () => {
    const table = new SpanRuns();
    const runs = Array.from({ length: 6000 }, (_, i) => table.add(i, i + 1, i + 2, i + 3, 1 + (i % 16), 0));
    expect(new Set(runs).size).toBe(6000);
    const run = runs[5000]!;
    expect([table.segment(run), table.offset(run), table.size(run), table.scope(run), table.spanCount(run), table.next(run)]).toEqual([
      5000, 5001, 5002, 5003, 9, NONE,
    ]);
    const spans = table.count;
    table.remove(runs[7]!);
    table.remove(runs[9]!);
    expect([table.segment(runs[7]!), table.count]).toEqual([NONE, spans - 8 - 10]);
    expect([table.add(1, 1, 1, 1, 1, 0), table.add(2, 2, 2, 2, 2, 0)].sort((a, b) => a - b)).toEqual([runs[7], runs[9]]);
    expect(table.rows).toBe(6000);
  });

  test('has the marks of each span of a run', () => {
    const table = new SpanRuns();
    const run = table.add(0, 0, 1, 0, 16, (ROOT_MARK << 3) | (ROOT_MARK << 15) | TRACE_STATE_MARK | (TRACE_STATE_MARK << 15));
    const indexes = Array.from({ length: 16 }, (_, index) => index);
    expect(indexes.filter((index) => table.isRoot(run, index))).toEqual([3, 15]);
    expect(indexes.filter((index) => table.hasTraceState(run, index))).toEqual([0, 15]);
  });

  test('begins from the front when it is empty, and gives the memory of a large load back', () => {
    const table = new SpanRuns();
    table.remove(table.add(0, 0, 1, 0, 1, 0));
    const small = table.memoryBytes;
    for (let round = 0; round < 2; round++) {
      const runs = Array.from({ length: 70_000 }, () => table.add(0, 0, 1, 0, 1, 0));
      expect(runs[69_999]).toBe(69_999);
      for (const run of runs) table.remove(run);
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
    table.use(scope);
    table.use(scope);
    table.use(other);
    expect([table.count, arena.aliveBytes, table.uses(resource), table.uses(request)]).toEqual([4, 1110, 2, 1]);
    table.release(scope);
    expect([table.count, arena.aliveBytes]).toEqual([4, 1110]);
    table.release(scope);
    expect([table.count, arena.aliveBytes]).toEqual([3, 110]);
    table.release(other);
    expect([table.count, arena.aliveBytes, table.rows]).toEqual([0, 0, 0]);
  });

  test('keeps what it holds while it grows', () => {
    const table = new EnvelopeTable(new Arena(1 << 20));
    const rows = Array.from({ length: 5000 }, (_, i) => table.add(NONE, i, 0, NONE));
    expect(rows.map((row) => table.offset(row))).toEqual(rows.map((_, i) => i));
    expect(table.count).toBe(5000);
  });
});
