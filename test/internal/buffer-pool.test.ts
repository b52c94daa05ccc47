import { describe, expect, test, vi } from 'vitest';
import { BufferPool } from '../../src/internal/buffer-pool.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

test.each([
  [0, 4 * KIB],
  [1, 4 * KIB],
  [4 * KIB, 4 * KIB],
  [4 * KIB + 1, 8 * KIB],
  [100_000, 128 * KIB],
  [512 * KIB, 512 * KIB],
  [MIB - 1, MIB],
  [MIB, MIB],
  [MIB + 1, MIB + 1],
  [5_000_000, 5_000_000],
])('%i bytes get a buffer of %i', (size, bufferBytes) => {
  const pool = new BufferPool();
  const buffer = pool.take(size);
  expect(buffer.length).toBe(bufferBytes);
  // Nothing else lies in the same memory.
  expect(buffer.buffer.byteLength).toBe(bufferBytes);
});

describe('what is given back', () => {
  test('is taken again for what needs a buffer of its size, once', () => {
    const pool = new BufferPool();
    const first = pool.take(10_000);
    const second = pool.take(10_000);
    expect(second === first).toBe(false);
    pool.give(first);
    expect(pool.take(4000) === first).toBe(false);
    expect(pool.take(20_000) === first).toBe(false);
    expect(pool.take(9000) === first).toBe(true);
    expect(pool.take(9000) === first).toBe(false);
  });

  test('is kept up to 8 MiB', () => {
    const pool = new BufferPool();
    const buffers = Array.from({ length: 9 }, () => pool.take(MIB));
    for (const buffer of buffers) pool.give(buffer);
    const again = Array.from({ length: 9 }, () => pool.take(MIB));
    expect(buffers.filter((buffer) => again.includes(buffer))).toHaveLength(8);
    // What was taken makes room again.
    pool.give(again[0]!);
    expect(pool.take(MIB) === again[0]).toBe(true);
  });

  test('is the largest one beyond a MiB, for what fills more than half of it, once', () => {
    const pool = new BufferPool();
    const [small, large] = [pool.take(3 * MIB), pool.take(4 * MIB)];
    pool.give(large);
    pool.give(small);
    expect(pool.take(4 * MIB + 1) === large).toBe(false);
    expect(pool.take(2 * MIB) === large).toBe(false);
    expect(pool.take(2 * MIB + 1) === large).toBe(true);
    expect([small, large].includes(pool.take(2 * MIB + 1))).toBe(false);
  });

  test('is not kept beyond a MiB once the garbage collector was there', async () => {
    const pool = new BufferPool();
    const before = process.memoryUsage().arrayBuffers;
    pool.give(pool.take(64 * MIB));
    // A weak reference holds its target until the task has ended, and memory goes in the background. The tests run with --expose-gc.
    await vi.waitFor(() => {
      globalThis.gc!();
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * MIB);
    });
    expect(pool.take(64 * MIB)).toHaveLength(64 * MIB);
  });
});

test('a buffer that grows begins with what was used of it, and is taken back', () => {
  const pool = new BufferPool();
  const small = pool.take(5000).fill(1);
  const larger = pool.grow(small, 3000, 20_000).fill(2, 3000);
  expect(larger.length).toBe(32 * KIB);
  expect([larger.indexOf(2), larger.lastIndexOf(1)]).toEqual([3000, 2999]);
  expect(pool.take(5000) === small).toBe(true);
});
