import { expect, test } from 'vitest';
import { SegmentPool } from '../../../../src/processor/tail-sampling/window/segment-pool.ts';

const SIZE = 1024;
const SLAB = 33;

function bytesOf(segments: readonly Uint8Array[]): number {
  return [...new Set(segments.map(({ buffer }) => buffer))].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

function take(pool: SegmentPool, count: number): Uint8Array[] {
  return Array.from({ length: count }, () => pool.take());
}

test('segments share slabs', () => {
  const segments = take(new SegmentPool(SIZE, 1000 * SIZE), 200);
  expect(segments.every((segment) => segment.length === SIZE)).toBe(true);
  expect(new Set(segments.map(({ buffer }) => buffer)).size).toBe(Math.ceil(200 / SLAB));
});

test('in a small window the first segments stand alone, the others share slabs', () => {
  const segments = take(new SegmentPool(SIZE, 300 * SIZE), 200);
  expect(segments.filter(({ buffer }) => buffer.byteLength === SIZE)).toHaveLength(66);
  expect(bytesOf(segments)).toBeLessThan((200 + SLAB) * SIZE);
});

test('segments of one slab do not overlap', () => {
  const segments = take(new SegmentPool(SIZE, 1000 * SIZE), 300);
  segments.forEach((segment, index) => segment.fill(index & 0xff));
  expect(segments.every((segment, index) => segment.every((byte) => byte === (index & 0xff)))).toBe(true);
});

test('what comes back to the first slabs is used again before the later ones', () => {
  const pool = new SegmentPool(SIZE, 1000 * SIZE);
  const segments = take(pool, 3 * SLAB);
  const [first, second, third] = [segments[0]!, segments[SLAB]!, segments[2 * SLAB]!];
  for (const segment of [third, first, second]) pool.give(segment);
  expect(take(pool, 3).map((segment) => [first, second, third].indexOf(segment))).toEqual([0, 1, 2]);
});

test('lets go of whole slabs from the last one on, while as many free segments remain as are to be kept', () => {
  const pool = new SegmentPool(SIZE, 1000 * SIZE);
  const segments = take(pool, 4 * SLAB);
  const slabs = [0, 1, 2, 3].map((i) => segments[i * SLAB]!.buffer);
  for (const segment of segments.slice(SLAB + 1)) pool.give(segment);
  pool.shrink(SLAB);
  const again = take(pool, 2 * SLAB - 1);
  // The second slab is in use in part, the third was to be kept, the last one is new.
  expect(new Set(again.map(({ buffer }) => slabs.indexOf(buffer)))).toEqual(new Set([1, 2]));
  expect(slabs).not.toContain(pool.take().buffer);
});

test('a view that somebody still has keeps nothing alive', () => {
  const pool = new SegmentPool(SIZE, 1000 * SIZE);
  const segments = take(pool, 2 * SLAB);
  for (const segment of segments) pool.give(segment);
  pool.shrink(SLAB);
  expect(segments.map(({ length }) => length)).toEqual([...Array(SLAB).fill(SIZE), ...Array(SLAB).fill(0)]);
});

// As in a window whose load has fallen: each segment is in use for a while, fewer at a time than before.
test('fewer segments in use than before gather in the first slabs', () => {
  const pool = new SegmentPool(SIZE, 10_000 * SIZE);
  const inUse = take(pool, 50 * SLAB);
  for (let i = 0; i < 50 * SLAB; i++) {
    pool.give(inUse.shift()!);
    if (i % 5 === 0) inUse.push(pool.take());
  }
  pool.shrink(0);
  expect(inUse).toHaveLength(10 * SLAB);
  expect(bytesOf(inUse)).toBeLessThan(16 * SLAB * SIZE);
});
