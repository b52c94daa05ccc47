import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChunkReader } from '../../src/internal/chunk-reader.ts';

async function* chunksOf(...chunks: readonly string[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Promise.resolve(Buffer.from(chunk));
}

function readerOf(...chunks: readonly string[]): ChunkReader {
  return new ChunkReader(chunksOf(...chunks), 1000);
}

async function linesOf(reader: ChunkReader): Promise<readonly string[]> {
  const lines: string[] = [];
  for (let line = await reader.takeLine(); line !== undefined; line = await reader.takeLine()) lines.push(line.toString());
  return lines;
}

describe('ChunkReader', () => {
  test('lines are the same however the chunks fall', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('', 'a', '\n', 'bc\n', '\n\n', 'd\ne')), async (chunks) => {
        const text = chunks.join('');
        const expected = text === '' ? [] : text.replace(/\n$/, '').split('\n');
        expect(await linesOf(readerOf(...chunks))).toEqual(expected);
      }),
    );
  });

  test('bytes are taken across chunks, fewer at the end, none after it', async () => {
    const reader = readerOf('ab', 'cde', '', 'f');
    expect((await reader.peek(3)).toString()).toBe('abc');
    expect((await reader.take(4)).toString()).toBe('abcd');
    expect((await reader.take(4)).toString()).toBe('ef');
    expect(await reader.take(4)).toHaveLength(0);
    expect(await reader.takeLine()).toBeUndefined();
  });

  test('a piece that is too long is refused before it is held', async () => {
    await expect(readerOf('a').take(1001)).rejects.toThrow('1001 bytes at once are more than the 1000');
    const endless = Array.from({ length: 30 }, () => 'x'.repeat(100_000));
    await expect(readerOf(...endless).takeLine()).rejects.toThrow('a piece of more than 1000 bytes');
  });
});
