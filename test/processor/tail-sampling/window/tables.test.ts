import { describe, expect, test } from 'vitest';
import { Arena, NONE } from '../../../../src/processor/tail-sampling/window/arena.ts';
import { EnvelopeTable } from '../../../../src/processor/tail-sampling/window/envelope-table.ts';
import { ROOT_MARK, SpanRuns, TRACE_STATE_MARK } from '../../../../src/processor/tail-sampling/window/span-runs.ts';

describe('SpanRuns', () => {
  /** Runs that come in nothing and take no bytes, in a window that is otherwise empty. */
  class Runs {
    readonly arena = new Arena(1 << 20);
    readonly envelopes = new EnvelopeTable(this.arena);
    readonly table = new SpanRuns();
    readonly #scope = this.envelopes.add(NONE, 0, 0, NONE);

    constructor() {
      this.envelopes.use(this.#scope);
      this.arena.allocate(0);
    }

    add(count: number, marks = 0): number {
      this.envelopes.use(this.#scope);
      return this.table.add(this.arena.segment, 0, 0, this.#scope, count, marks);
    }

    remove(run: number): void {
      this.table.removeChain(run, this.arena, this.envelopes);
    }
  }

  test('gives freed rows out again and keeps what it holds while it grows', () => {
    const table = new SpanRuns();
    const runs = Array.from({ length: 6000 }, (_, i) => table.add(i, i + 1, i + 2, i + 3, 1 + (i % 16), 0));
    expect(new Set(runs).size).toBe(6000);
    const run = runs[5000]!;
    expect([table.segment(run), table.offset(run), table.size(run), table.scope(run), table.spanCount(run), table.next(run)]).toEqual([
      5000, 5001, 5002, 5003, 9, NONE,
    ]);
  });

  test('removes a run and those behind it, and what they came in', () => {
    const { arena, envelopes, table } = new Runs();
    const scopes = [10, 20].map((size) => {
      expect(arena.allocate(size)).toBe(true);
      return envelopes.add(arena.segment, arena.offset, size, NONE);
    });
    const runs = [0, 1, 0, 1].map((scope, i) => {
      envelopes.use(scopes[scope]!);
      expect(arena.allocate(100)).toBe(true);
      return table.add(arena.segment, arena.offset, 100, scopes[scope]!, i + 1, 0);
    });
    table.link(runs[1]!, runs[2]!);
    table.link(runs[2]!, runs[3]!);
    table.removeChain(runs[1]!, arena, envelopes);
    expect([table.count, arena.aliveBytes, envelopes.uses(scopes[0]!), envelopes.segment(scopes[1]!)]).toEqual([1, 110, 1, NONE]);
    expect(runs.map((run) => table.segment(run) === NONE)).toEqual([false, true, true, true]);
    const again = [1, 2, 3].map(() => table.add(0, 0, 1, 0, 1, 0));
    expect(again.sort((a, b) => a - b)).toEqual(runs.slice(1));
  });

  test('has the marks of each span of a run', () => {
    const runs = new Runs();
    const run = runs.add(16, (ROOT_MARK << 3) | (ROOT_MARK << 15) | TRACE_STATE_MARK | (TRACE_STATE_MARK << 15));
    const indexes = Array.from({ length: 16 }, (_, index) => index);
    expect(indexes.filter((index) => runs.table.isRoot(run, index))).toEqual([3, 15]);
    expect(indexes.filter((index) => runs.table.hasTraceState(run, index))).toEqual([0, 15]);
  });

  test('begins from the front when it is empty, and gives the memory of a large load back', () => {
    const runs = new Runs();
    runs.remove(runs.add(1));
    const small = runs.table.memoryBytes;
    for (let round = 0; round < 2; round++) {
      const added = Array.from({ length: 70_000 }, () => runs.add(1));
      expect(added[69_999]).toBe(69_999);
      for (const run of added) runs.remove(run);
      expect([runs.table.count, runs.table.rows, runs.table.memoryBytes]).toEqual([0, 0, small]);
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
