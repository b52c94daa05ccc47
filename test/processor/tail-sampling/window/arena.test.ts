import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TRIM_STEPS, Arena, Packing } from '../../../../src/processor/tail-sampling/window/arena.ts';
import { holds } from '../../../support/property.ts';

const SEGMENT = 16_384;

/** An arena of `segments` segments of 16 KiB, fewer than 16: a larger one has larger segments. */
function arenaOf(segments: number): Arena {
  const arena = new Arena(segments * SEGMENT);
  expect(arena.segmentBytes).toBe(SEGMENT);
  return arena;
}

function allocated(arena: Arena, size: number): { segment: number; offset: number; size: number } {
  expect(arena.allocate(size)).toBe(true);
  return { segment: arena.segment, offset: arena.offset, size };
}

function packing(...sizes: readonly number[]): Packing {
  const packed = new Packing(SEGMENT);
  for (const size of sizes) packed.add(size);
  return packed;
}

describe('Arena', () => {
  test.each([
    [65_536, 16_384],
    [1 << 20, 131_072],
    [5_000_000, 524_288],
    [1 << 30, 1 << 20],
  ])('with %i bytes has segments of %i', (maxBytes, segmentBytes) => {
    expect(new Arena(maxBytes).segmentBytes).toBe(segmentBytes);
  });

  test('holds nothing until something is put in', () => {
    const arena = arenaOf(4);
    expect([arena.allocatedBytes, arena.aliveBytes]).toEqual([0, 0]);
  });

  test('puts pieces one behind the other and opens the next segment when one does not fit', () => {
    const arena = arenaOf(4);
    const first = allocated(arena, 10_000);
    expect(allocated(arena, 6000)).toEqual({ segment: first.segment, offset: 10_000, size: 6000 });
    const next = allocated(arena, 385);
    expect(next.segment).not.toBe(first.segment);
    expect(next.offset).toBe(0);
    expect([arena.allocatedBytes, arena.aliveBytes]).toEqual([2 * SEGMENT, 16_385]);
  });

  test('refuses what exceeds the limit, and takes it when something has gone', () => {
    const arena = arenaOf(4);
    const pieces = Array.from({ length: 4 }, () => allocated(arena, SEGMENT));
    expect(arena.allocate(1)).toBe(false);
    arena.release(pieces[1]!.segment, SEGMENT);
    expect(allocated(arena, SEGMENT)).toEqual({ segment: pieces[1]!.segment, offset: 0, size: SEGMENT });
    expect(arena.allocatedBytes).toBe(4 * SEGMENT);
  });

  test('starts the segment being written again when the last of it has gone', () => {
    const arena = arenaOf(4);
    const piece = allocated(arena, 16_000);
    arena.release(piece.segment, 16_000);
    expect(allocated(arena, 16_000)).toEqual(piece);
  });

  test('gives a piece larger than a segment one of its own and takes free segments for it', () => {
    const arena = arenaOf(5);
    const small = Array.from({ length: 5 }, () => allocated(arena, SEGMENT));
    for (const { segment } of small.slice(0, 3)) arena.release(segment, SEGMENT);
    expect(arena.allocate(3 * SEGMENT + 1)).toBe(false);
    const large = allocated(arena, 40_000);
    expect(arena.bytes(large.segment)).toHaveLength(40_000);
    expect(arena.allocatedBytes).toBe(2 * SEGMENT + 40_000);
    arena.release(large.segment, 40_000);
    expect(arena.allocatedBytes).toBe(2 * SEGMENT);
  });

  test('gives memory back in small steps, and not what was needed a while ago', () => {
    const arena = arenaOf(15);
    const use = (segments: number): void => {
      const pieces = Array.from({ length: segments }, () => allocated(arena, SEGMENT));
      for (const { segment } of pieces) arena.release(segment, SEGMENT);
    };
    /** Segments after each step of a period in which so many are needed once. */
    const period = (segments: number): number[] =>
      Array.from({ length: TRIM_STEPS }, (_, step) => {
        if (step === TRIM_STEPS / 2) use(segments);
        arena.trim();
        return arena.allocatedBytes / SEGMENT;
      });
    use(15);
    for (let i = 0; i < 4; i++) expect(period(15).at(-1)).toBe(15);
    for (let i = 0; i < 2; i++) period(8);
    expect(period(8).at(-1)).toBe(8);
    period(0);
    const sizes = [...period(0), ...period(0)];
    sizes.forEach((size, step) => expect((sizes[step - 1] ?? 8) - size).toBeLessThanOrEqual(2));
    expect(sizes.at(-1)).toBe(0);
  });

  test('keeps a sixteenth of what is in use free besides', () => {
    const arena = new Arena(64 << 20);
    const { segmentBytes } = arena;
    const held = Array.from({ length: 64 }, () => allocated(arena, segmentBytes));
    expect(arena.allocatedBytes).toBe(64 * segmentBytes);
    for (const { segment } of held.splice(0, 16)) arena.release(segment, segmentBytes);
    for (let i = 0; i < 3 * TRIM_STEPS; i++) arena.trim();
    expect(arena.allocatedBytes / segmentBytes).toBe(48 + 3);
    for (const { segment } of held) arena.release(segment, segmentBytes);
    for (let i = 0; i < 3 * TRIM_STEPS; i++) arena.trim();
    expect(arena.allocatedBytes).toBe(0);
  });

  test('chooses sparse segments only where several can be won, the emptiest first', () => {
    const arena = arenaOf(15);
    const full = allocated(arena, SEGMENT);
    const sparse = Array.from({ length: 5 }, (_, i) => [allocated(arena, 100 * (i + 1)), allocated(arena, SEGMENT - 100 * (i + 1))] as const);
    allocated(arena, 5000);
    expect(arena.sparseSegments().size).toBe(0);
    for (const [, large] of sparse) arena.release(large.segment, large.size);
    const chosen = arena.sparseSegments();
    expect([...chosen]).toEqual(sparse.map(([{ segment }]) => segment));
    expect(chosen.has(full.segment)).toBe(false);
  });

  test('borrows above the limit while evacuating and returns it', () => {
    const arena = arenaOf(4);
    const pieces = Array.from({ length: 4 }, () => allocated(arena, SEGMENT));
    arena.beginEvacuation();
    const moved = allocated(arena, 1000);
    expect(arena.allocatedBytes).toBe(5 * SEGMENT);
    arena.release(pieces[0]!.segment, SEGMENT);
    arena.endEvacuation();
    expect(arena.allocatedBytes).toBe(4 * SEGMENT);
    expect(arena.bytes(moved.segment)).toHaveLength(SEGMENT);
  });
});

describe('what has room can be allocated', () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 6000 }), fc.integer({ min: 6000, max: SEGMENT }), fc.integer({ min: SEGMENT + 1, max: 40_000 })), {
    maxLength: 8,
  });

  test('whole or in part, at any state', () => {
    let granted = 0;
    let refused = 0;
    holds(
      fc.property(fc.array(fc.record({ sizes, taken: fc.nat(255), released: fc.nat() }), { maxLength: 12, size: 'max' }), (requests) => {
        const arena = arenaOf(8);
        const alive: { segment: number; size: number }[] = [];
        for (const request of requests) {
          const total = request.sizes.reduce((sum, size) => sum + size, 0);
          if (arena.hasRoom(total, packing(...request.sizes))) {
            granted++;
            // What is not wanted after all is left out: a late span, an envelope nobody needs.
            for (const size of request.sizes.filter((_, i) => (request.taken & (1 << i)) !== 0)) alive.push(allocated(arena, size));
            expect(arena.allocatedBytes).toBeLessThanOrEqual(8 * SEGMENT);
          } else {
            refused++;
          }
          const gone = alive.splice(0, request.released % (alive.length + 1));
          for (const { segment, size } of gone) if (size > 0) arena.release(segment, size);
          expect(arena.aliveBytes).toBe(alive.reduce((sum, { size }) => sum + size, 0));
        }
      }),
      500,
    );
    expect(Math.min(granted, refused)).toBeGreaterThan(100);
  });

  test.each([
    ['as much as there is', [SEGMENT, SEGMENT, SEGMENT, SEGMENT], true],
    ['one byte more', [SEGMENT, SEGMENT, SEGMENT, SEGMENT, 1], false],
    ['pieces that leave gaps', [9000, 9000, 9000, 9000], true],
    ['pieces that leave too many gaps', [9000, 9000, 9000, 9000, 9000], false],
    ['one large piece and small ones', [40_000, 9000, 7000], true],
    ['a piece larger than all', [4 * SEGMENT + 1], false],
  ])('an empty arena could hold %s: %s → %s', (_name, pieces, expected) => {
    const arena = arenaOf(4);
    const total = pieces.reduce((sum, size) => sum + size, 0);
    expect(arena.couldHold(packing(...pieces))).toBe(expected);
    expect(arena.hasRoom(total, packing(...pieces))).toBe(expected);
  });
});
