import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ConsumeError } from '../../../src/consumer/consume-error.ts';
import { decompress, decompressAtOnce, decompressInBackground } from '../../../src/receiver/otlp/decompress.ts';
import type { BufferSource } from '../../../src/receiver/otlp/inflater.ts';
import { seededRandom } from '../../support/random.ts';

const KIB = 1024;
const MAX_BYTES = 64 * KIB * KIB;
const TEXT = Buffer.alloc(500, 'spans ');
const random = seededRandom(1952);

/** Bytes that do not shrink. */
function noise(size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, () => Math.floor(256 * random())));
}

/** Notes what is asked for and what is not given back. */
class NotedBuffers implements BufferSource {
  readonly sizes: number[] = [];
  lent = 0;

  take(size: number): Uint8Array {
    this.sizes.push(size);
    this.lent++;
    return new Uint8Array(size);
  }

  give(): void {
    this.lent--;
  }
}

// The second is also what the first does where Node.js has no state of zlib that can be used again.
describe.each([
  ['at once where it is small', decompress],
  ['in the background', decompressInBackground],
])('%s', (_where, run) => {
  describe.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['zlib', deflateSync],
  ] as const)('%s', (encoding, compress) => {
    test.each([
      ['nothing', Buffer.alloc(0)],
      ['a little', TEXT],
      ['what shrinks a lot', Buffer.alloc(3 * KIB * KIB, 'spans ')],
      ['what does not shrink', noise(100 * KIB)],
    ])('%s', async (_what, plain) => {
      expect(Buffer.from(await run(compress(plain), encoding, MAX_BYTES)).equals(plain)).toBe(true);
    });

    test.each([
      ['too much', compress(TEXT), 'too_large', 'the body is larger than 499 bytes when decompressed'],
      ['far too much', compress(Buffer.alloc(3 * KIB * KIB)), 'too_large', 'the body is larger than 499 bytes when decompressed'],
      ['something else', TEXT, 'malformed', `the body is not encoded as ${encoding}: incorrect header check`],
      ['half of it', compress(noise(100)).subarray(0, 60), 'malformed', `the body is not encoded as ${encoding}: unexpected end of file`],
      ['no byte', Buffer.alloc(0), 'malformed', `the body is not encoded as ${encoding}: unexpected end of file`],
    ])('%s is refused', async (_what, body, code, message) => {
      const error: unknown = await run(body, encoding, 499).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ConsumeError);
      expect(error).toMatchObject({ code, message });
    });
  });
});

test('a body of HTTP has its memory for itself', async () => {
  const first = await decompress(gzipSync(TEXT), 'gzip', MAX_BYTES);
  const second = await decompress(gzipSync(TEXT), 'gzip', MAX_BYTES);
  second.fill(0);
  expect(Buffer.from(first).equals(TEXT)).toBe(true);
});

describe('at once, into the buffers of others', () => {
  test('a buffer of the size that gzip says', () => {
    const buffers = new NotedBuffers();
    const plain = Buffer.alloc(20_000, noise(1000));
    expect(decompressAtOnce(gzipSync(plain), 'gzip', MAX_BYTES, buffers)).toMatchObject({ size: 20_000 });
    expect(buffers.sizes).toEqual([20_001]);
  });

  test('only what is small, and what stays small', () => {
    const buffers = new NotedBuffers();
    expect(decompressAtOnce(gzipSync(noise(65 * KIB)), 'gzip', MAX_BYTES, buffers)).toBeUndefined();
    expect(buffers.sizes).toEqual([]);
    expect(decompressAtOnce(gzipSync(Buffer.alloc(2 * KIB * KIB)), 'gzip', MAX_BYTES, buffers)).toBeUndefined();
    expect(Math.max(...buffers.sizes)).toBeLessThanOrEqual(KIB * KIB + 1);
    expect(buffers.lent).toBe(0);
  });

  test('a size that is made up gets no more than a body of this length may need, nor than is taken', () => {
    const body = gzipSync(noise(1000));
    body.writeUInt32LE(0xffff_ffff, body.length - 4);
    for (const [maxBytes, most] of [[MAX_BYTES, 32 * body.length + 1], [5000, 5001]] as const) {
      const buffers = new NotedBuffers();
      expect(() => decompressAtOnce(body, 'gzip', maxBytes, buffers)).toThrow('the body is not encoded as gzip: incorrect length check');
      expect(buffers.sizes).toEqual([most]);
      expect(buffers.lent).toBe(0);
    }
  });

  test('a size that is too low, as that of the last of several members', () => {
    const buffers = new NotedBuffers();
    const plain = noise(10_000);
    const result = decompressAtOnce(Buffer.concat([gzipSync(plain), gzipSync(TEXT)]), 'gzip', MAX_BYTES, buffers)!;
    expect(Buffer.from(result.buffer.subarray(0, result.size)).equals(Buffer.concat([plain, TEXT]))).toBe(true);
    expect(buffers.lent).toBe(1);
  });
});
