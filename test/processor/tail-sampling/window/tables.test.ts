import { describe, expect, test } from 'vitest';
import { Arena, NONE } from '../../../../src/processor/tail-sampling/window/arena.ts';
import { EnvelopeTable } from '../../../../src/processor/tail-sampling/window/envelope-table.ts';
import { SpanTable } from '../../../../src/processor/tail-sampling/window/span-table.ts';
import { traceKey, TraceTable } from '../../../../src/processor/tail-sampling/window/trace-table.ts';

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

describe('TraceTable', () => {
  const ids = (table: TraceTable): readonly string[] => {
    const order: string[] = [];
    while (table.size > 0) {
      for (const slot of table.leastRecent(3)) {
        order.push(table.ids[slot]!);
        table.remove(slot);
      }
    }
    return order;
  };

  test('gives the least recently touched trace first; looking with has does not touch', () => {
    const table = new TraceTable(10);
    for (const id of ['a', 'b', 'c', 'd']) table.add(id, 0);
    table.get('b');
    table.has('a');
    expect(ids(table)).toEqual(['a', 'c', 'd', 'b']);
    expect(table.size).toBe(0);
  });

  test('gives slots out again as new, and keeps what it holds while it grows', () => {
    const table = new TraceTable(1000);
    const slots = Array.from({ length: 600 }, (_, i) => {
      const slot = table.add(`t${i}`, i);
      table.deadline[slot] = 1000 + i;
      table.include(slot, 5, i, 6, i, 2);
      table.flags[slot] = 3;
      table.spanCount[slot] = i;
      return slot;
    });
    expect(new Set(slots).size).toBe(600);
    expect([table.firstSeen[slots[400]!], table.deadline[slots[400]!], table.minStartLo[slots[400]!]]).toEqual([400, 1400, 400]);
    table.remove(slots[400]!);
    expect(table.deadline[slots[400]!]).toBe(Infinity);
    const again = table.add('new', 9);
    expect(again).toBe(slots[400]);
    expect([table.deadline[again], table.flags[again], table.spanCount[again], table.statusCodes[again], table.firstSpan[again]]).toEqual([
      Infinity, 0, 0, 0, NONE,
    ]);
    expect([table.get('new'), table.get('t400'), table.size]).toEqual([again, undefined, 600]);
  });

  test('is full at its limit', () => {
    const table = new TraceTable(2);
    table.add('a', 0);
    expect(table.isFull).toBe(false);
    table.add('b', 0);
    expect(table.isFull).toBe(true);
  });

  test('keeps earliest start and latest end as unsigned numbers of 64 bits, and every status', () => {
    const table = new TraceTable(1);
    const slot = table.add('a', 0);
    table.include(slot, 0x8000_0000, 5, 0x8000_0000, 7, 0);
    table.include(slot, 0x7fff_ffff, 0xffff_ffff, 0x8000_0000, 0xffff_fff0, 2);
    table.include(slot, 0x7fff_ffff, 0xffff_fffe, 0x1, 0xffff_ffff, 0);
    table.include(slot, 0x7fff_ffff, 0xffff_ffff, 0x8000_0000, 0xffff_ffef, 0);
    expect([table.minStartHi[slot], table.minStartLo[slot], table.maxEndHi[slot], table.maxEndLo[slot]]).toEqual([
      0x7fff_ffff, 0xffff_fffe, 0x8000_0000, 0xffff_fff0,
    ]);
    expect(table.statusCodes[slot]).toBe(0b101);
  });
});

test('traceKey has the 16 bytes as 8 units, high byte first', () => {
  const bytes = Buffer.from('ff000102030405060708090a0b0c0d0e0fff', 'hex');
  const units = Array.from(traceKey(bytes, 1), (unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'));
  expect(units.join('')).toBe('000102030405060708090a0b0c0d0e0f');
});
