import { describe, expect, test } from 'vitest';
import { zstdDecompress, zstdDecompressInJavaScript } from '../../../src/receiver/otlp/zstd.ts';
import { boastfulFrame, runFrame, skippableFrame, storedFrame } from './zstd-frames.ts';

const TEXT = Buffer.from('the quick brown fox jumps over the lazy dog');
/** Forty times the same by the reference implementation: at once with a checksum, and as a stream that declares no size. */
const AT_ONCE = Buffer.from('KLUv/WS4BaUBALQCdGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZwEAU9T9qgwhIgg7', 'base64');
const STREAMED = Buffer.from('KLUv/QBYpQEAtAJ0aGUgcXVpY2sgYnJvd24gZm94IGp1bXBzIG92ZXIgdGhlIGxhenkgZG9nAQBT1P2qDCi1L/0gAAEAAA==', 'base64');

describe.each([
  ["Node.js' own where it has one", zstdDecompress],
  ['JavaScript', (bytes: Uint8Array, maxBytes: number) => Promise.resolve().then(() => zstdDecompressInJavaScript(bytes, maxBytes))],
])('%s', (_name, decompress) => {
  test.each([
    ['compressed at once', AT_ONCE, TEXT.toString().repeat(40)],
    ['compressed as a stream', STREAMED, TEXT.toString().repeat(40)],
    ['a declared size', storedFrame(TEXT), TEXT.toString()],
    ['no declared size', runFrame(1000, 3), 'a'.repeat(3000)],
    ['several frames', Buffer.concat([storedFrame(TEXT), runFrame(5), storedFrame(TEXT)]), `${TEXT.toString()}aaaaa${TEXT.toString()}`],
    ['a skippable frame', Buffer.concat([skippableFrame(20), storedFrame(TEXT)]), TEXT.toString()],
  ])('%s', async (_what, frame, text) => {
    expect(Buffer.from(await decompress(frame, 10_000)).toString()).toBe(text);
  });

  test.each([
    ['declared', storedFrame(Buffer.alloc(1001))],
    ['not declared', runFrame(1001)],
    ['in many blocks', runFrame(100_000, 1000)],
    ['in many frames', Buffer.concat(Array.from({ length: 3 }, () => storedFrame(Buffer.alloc(400))))],
    ['one byte after as much as is allowed', Buffer.concat([runFrame(1000), runFrame(1)])],
  ])('more than is allowed, %s', async (_what, frame) => {
    await expect(decompress(frame, 1000)).rejects.toMatchObject({ code: 'ERR_BUFFER_TOO_LARGE' });
  });

  test.each([
    ['no zstd', TEXT],
    ['a cut frame', storedFrame(TEXT).subarray(0, 30)],
    ['a cut second frame', Buffer.concat([storedFrame(TEXT), storedFrame(TEXT).subarray(0, 30)])],
    ['something after the frame', Buffer.concat([storedFrame(TEXT), Buffer.from('more')])],
    ['a skippable frame that is cut', skippableFrame(20).subarray(0, 20)],
    ['a cut header', storedFrame(TEXT).subarray(0, 6)],
  ])('%s is an error of another kind', async (_what, bytes) => {
    await expect(decompress(bytes, 1000)).rejects.not.toMatchObject({ code: 'ERR_BUFFER_TOO_LARGE' });
  });
});

describe('what the decoder in JavaScript would allocate is looked at first', () => {
  test('a frame that declares more than memory', () => {
    expect(() => zstdDecompressInJavaScript(boastfulFrame(1n << 50n), 1000)).toThrow('more than 1000 bytes');
  });

  test('a window beyond 8 MiB, even in a later frame', () => {
    expect(() => zstdDecompressInJavaScript(Buffer.concat([runFrame(5), runFrame(5, 1, 30)]), 1000)).toThrow('window is larger than 8 MiB');
    expect(zstdDecompressInJavaScript(runFrame(5, 1, 23), 1000)).toHaveLength(5);
  });
});
