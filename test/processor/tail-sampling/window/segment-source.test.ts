import { expect, test } from 'vitest';
import { SegmentSource } from '../../../../src/processor/tail-sampling/window/segment-source.ts';

const SIZE = 1024;

test('the first segments stand alone, the others share slabs', () => {
  const source = new SegmentSource(SIZE);
  const segments = Array.from({ length: 200 }, () => source.take());
  expect(segments.every((segment) => segment.length === SIZE)).toBe(true);
  const sizes = new Map(segments.map(({ buffer }) => [buffer, buffer.byteLength]));
  expect([...sizes.values()].filter((bytes) => bytes === SIZE)).toHaveLength(66);
  expect([...sizes.values()].reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan((200 + 33) * SIZE);
});

test('segments of one slab do not overlap', () => {
  const source = new SegmentSource(SIZE);
  const segments = Array.from({ length: 300 }, () => source.take());
  segments.forEach((segment, index) => segment.fill(index & 0xff));
  expect(segments.every((segment, index) => segment.every((byte) => byte === (index & 0xff)))).toBe(true);
});

test('what comes back is used again; a slab that is back as a whole is let go', () => {
  const source = new SegmentSource(SIZE);
  const segments = Array.from({ length: 66 + 33 }, () => source.take());
  const slab = segments.at(-1)!.buffer;
  const [kept, ...others] = segments.slice(66);
  for (const segment of others) source.give(segment);
  expect(source.take().buffer).toBe(slab);
  const again = Array.from({ length: 31 }, () => source.take());
  expect(again.every(({ buffer }) => buffer === slab)).toBe(true);
  for (const segment of [...again, others[0]!, kept!]) source.give(segment);
  expect(source.take().buffer).not.toBe(slab);
});
