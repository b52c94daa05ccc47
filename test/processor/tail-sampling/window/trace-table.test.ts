import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpanScan } from '../../../../src/pdata/otlp/span-scan.ts';
import { NONE } from '../../../../src/processor/tail-sampling/window/arena.ts';
import { DECIDED_BEFORE, TOO_LARGE, TraceTable, WITH_TRACE_STATE } from '../../../../src/processor/tail-sampling/window/trace-table.ts';
import { TraceId } from '../../../../src/processor/tail-sampling/window/trace-id.ts';
import { holds } from '../../../support/property.ts';
import { HASH_KEY, hexOfId, numberedId, traceIdOf } from './trace-ids.ts';

function idIn(table: TraceTable, slot: number): string {
  const id = new TraceId(HASH_KEY);
  table.readId(slot, id);
  return hexOfId(id);
}

/** What a walk over spans with these times and statuses finds. */
function scanOf(...spans: readonly { readonly start: readonly [number, number]; readonly end: readonly [number, number]; readonly status: number }[]): SpanScan {
  const scan = new SpanScan();
  for (const { start, end, status } of spans) {
    const row = scan.beginSpan();
    [scan.startHi[row], scan.startLo[row]] = start;
    [scan.endHi[row], scan.endLo[row]] = end;
    scan.info[row] = status;
  }
  return scan;
}

describe('TraceTable', () => {
  const operation = fc.record({ kind: fc.constantFrom('add', 'get', 'has', 'remove', 'evict'), id: fc.integer({ min: 0, max: 40 }) });

  test('has the traces that a Map has, in the order in which they were touched', () => {
    holds(
      fc.property(fc.array(operation, { maxLength: 300, size: 'max' }), (operations) => {
        const table = new TraceTable(1000);
        /** By number, the slot; the least recently touched first. */
        const model = new Map<number, number>();
        for (const { kind, id } of operations) {
          const known = model.get(id);
          if (kind === 'has') {
            expect(table.has(numberedId(id))).toBe(known !== undefined);
          } else if (kind === 'remove') {
            if (known !== undefined) table.remove(known);
            model.delete(id);
          } else if (kind === 'evict') {
            const [oldest] = model.keys();
            expect(table.leastRecent(1)).toEqual(oldest === undefined ? [] : [model.get(oldest)]);
            if (oldest === undefined) continue;
            table.remove(model.get(oldest)!);
            model.delete(oldest);
          } else {
            const slot = table.get(numberedId(id));
            expect(slot).toBe(known ?? NONE);
            if (slot === NONE && kind === 'get') continue;
            model.delete(id);
            model.set(id, slot === NONE ? table.add(numberedId(id), 0) : slot);
          }
          expect(table.size).toBe(model.size);
          expect(table.leastRecent(100)).toEqual([...model.values()]);
        }
        for (const [id, slot] of model) expect(idIn(table, slot)).toBe(hexOfId(numberedId(id)));
      }),
      200,
    );
  });

  test('gives slots out again as new, and keeps what it holds while it grows', () => {
    const table = new TraceTable(20_000);
    const slots = Array.from({ length: 12_000 }, (_, i) => {
      const slot = table.add(numberedId(i), i);
      table.setDeadline(slot, 1000 + i);
      table.include(slot, scanOf({ start: [5, i], end: [6, i], status: 2 }), 0, 1);
      table.setFlags(slot, DECIDED_BEFORE | TOO_LARGE);
      table.append(slot, i, 5, 1, 7);
      return slot;
    });
    expect(new Set(slots).size).toBe(12_000);
    const some = slots[4000]!;
    expect([table.firstSeen(some), table.deadline(some), table.minStartLo(some), table.flags(some), table.firstRun(some)]).toEqual([4000, 5000, 4000, DECIDED_BEFORE | TOO_LARGE, 4000]);
    table.remove(some);
    expect([table.deadline(some), table.flags(some)]).toEqual([Infinity, 0]);
    const again = table.add(numberedId(99_999), 9);
    expect(again).toBe(some);
    expect([table.deadline(again), table.flags(again), table.spanCount(again), table.wireBytes(again), table.hasStatusCode(again, 2), table.firstRun(again)]).toEqual([
      Infinity, 0, 0, 0, false, NONE,
    ]);
    expect([table.get(numberedId(99_999)), table.get(numberedId(4000)), table.size]).toEqual([again, NONE, 12_000]);
    for (let i = 0; i < 12_000; i += 7) expect(table.get(numberedId(i))).toBe(i === 4000 ? NONE : slots[i]);
  });

  test('gives the memory of a large load back when it is empty, and knows of none of its slots then', () => {
    const table = new TraceTable(20_000);
    table.remove(table.add(numberedId(1), 0));
    const small = table.memoryBytes;
    const slots = Array.from({ length: 20_000 }, (_, i) => table.add(numberedId(i), i));
    for (const slot of slots) table.remove(slot);
    expect([table.size, table.memoryBytes]).toEqual([0, small]);
    // The decision clock may still have them.
    expect(new Set(slots.map((slot) => table.deadline(slot)))).toEqual(new Set([Infinity]));
    expect(table.get(numberedId(5))).toBe(NONE);
  });

  test('is full at its limit', () => {
    const table = new TraceTable(2);
    table.add(numberedId(1), 0);
    expect(table.isFull).toBe(false);
    table.add(numberedId(2), 0);
    expect(table.isFull).toBe(true);
  });

  test('pieces count and are found as no traces', () => {
    const table = new TraceTable(1);
    const piece = table.addPiece(numberedId(1), 0);
    expect([table.size, table.has(numberedId(1)), table.leastRecent(5)]).toEqual([0, false, []]);
    const slot = table.add(numberedId(1), 0);
    table.removePiece(piece);
    expect(table.get(numberedId(1))).toBe(slot);
  });

  test('keeps earliest start and latest end as unsigned numbers of 64 bits, and every status', () => {
    const table = new TraceTable(1);
    const slot = table.add(numberedId(1), 0);
    const scan = scanOf(
      { start: [1, 1], end: [0xffff_ffff, 1], status: 1 },
      { start: [0x8000_0000, 5], end: [0x8000_0000, 7], status: 0 },
      { start: [0x7fff_ffff, 0xffff_ffff], end: [0x8000_0000, 0xffff_fff0], status: 2 },
      { start: [0x7fff_ffff, 0xffff_fffe], end: [0x1, 0xffff_ffff], status: 0 },
      { start: [0x7fff_ffff, 0xffff_ffff], end: [0x8000_0000, 0xffff_ffef], status: 0 },
    );
    // All but the first, in two runs.
    table.include(slot, scan, 1, 3);
    table.include(slot, scan, 3, 5);
    expect([table.minStartHi(slot), table.minStartLo(slot), table.maxEndHi(slot), table.maxEndLo(slot)]).toEqual([
      0x7fff_ffff, 0xffff_fffe, 0x8000_0000, 0xffff_fff0,
    ]);
    expect([0, 1, 2, 3].map((code) => table.hasStatusCode(slot, code))).toEqual([true, false, true, false]);
  });

  test('takes of a piece all but what concerns its slot', () => {
    const table = new TraceTable(5);
    const slot = table.add(numberedId(1), 0);
    const piece = table.addPiece(numberedId(1), 0);
    table.append(piece, 3, 8, 1, 100);
    table.append(piece, 4, 9, 5, 50);
    table.include(piece, scanOf({ start: [1, 2], end: [3, 4], status: 2 }), 0, 1);
    table.setFlags(piece, WITH_TRACE_STATE | TOO_LARGE);
    table.includePiece(slot, piece);
    expect([table.firstRun(slot), table.lastRun(slot), table.lastScope(slot), table.spanCount(slot), table.wireBytes(slot)]).toEqual([3, 4, 9, 6, 150]);
    expect([table.minStartLo(slot), table.maxEndLo(slot), table.flags(slot), table.hasStatusCode(slot, 2)]).toEqual([2, 4, WITH_TRACE_STATE, true]);
  });

  test('has the bytes of an id, and their last 56 bits as its randomness', () => {
    const table = new TraceTable(3);
    const out = { hi: 0, lo: 0 };
    const bytes = new Uint8Array(16);
    for (const [id, hi, lo] of [
      ['000102030405060708090a0b0c0d0e0f', 0x090a_0b0, 0xc0d_0e0f],
      ['ffffffffffffffffff00000000000001', 0, 1],
      ['0000000000000000fffffffffffffff0', 0xfff_ffff, 0xfff_fff0],
    ] as const) {
      const slot = table.add(traceIdOf(id), 0);
      table.readRandomness(slot, out);
      table.copyId(slot, bytes);
      expect([out, Buffer.from(bytes).toString('hex')]).toEqual([{ hi, lo }, id]);
    }
  });
});
