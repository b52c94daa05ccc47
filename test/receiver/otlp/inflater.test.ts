import fc from 'fast-check';
import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Inflater, type BufferSource } from '../../../src/receiver/otlp/inflater.ts';

/** Counts what is taken and not given back. */
class CountedBuffers implements BufferSource {
  readonly out = new Set<Uint8Array>();
  largest = 0;

  take(size: number): Uint8Array {
    this.largest = Math.max(this.largest, size);
    const buffer = new Uint8Array(size).fill(0xaa);
    this.out.add(buffer);
    return buffer;
  }

  give(buffer: Uint8Array): void {
    expect(this.out.delete(buffer)).toBe(true);
  }
}

const MAX_BYTES = 1_000_000;

// Where this fails, a Node.js has changed its insides: bodies are still decompressed, and cost a third to half more.
test.each(['gzip', 'deflate'] as const)('Node.js lets one %s state be used again', (encoding) => {
  expect(Inflater.create(encoding)).toBeDefined();
});

describe.each([
  ['gzip', gzipSync, gunzipSync],
  ['deflate', deflateSync, inflateSync],
] as const)('%s, one body after the other', (encoding, compress, decompress) => {
  const inflater = Inflater.create(encoding)!;

  /** What becomes of a body: the bytes, the code of an error, or that it is too large. */
  function outcome(body: Uint8Array, expectedBytes = 8 * body.length, maxBytes = MAX_BYTES): string {
    const buffers = new CountedBuffers();
    try {
      const plain = inflater.inflate(body, expectedBytes, maxBytes, buffers);
      if (plain === undefined) return 'too large';
      buffers.give(plain.buffer);
      return Buffer.from(plain.buffer.subarray(0, plain.size)).toString('base64');
    } catch (error) {
      return (error as { code: string }).code;
    } finally {
      expect(buffers.out.size).toBe(0);
      expect(buffers.largest).toBeLessThanOrEqual(maxBytes + 1);
    }
  }

  /** The same by what Node.js documents. */
  function expected(body: Uint8Array, maxBytes = MAX_BYTES): string {
    try {
      return decompress(body, { maxOutputLength: maxBytes }).toString('base64');
    } catch (error) {
      const { code } = error as { code: string };
      return code === 'ERR_BUFFER_TOO_LARGE' ? 'too large' : code;
    }
  }

  test.each([0, 1, 4095, 4096, 4097, 32_768, 300_000, MAX_BYTES - 1, MAX_BYTES])('%i bytes', (size) => {
    const plain = Buffer.alloc(size, 'spans ');
    expect(outcome(compress(plain))).toBe(plain.toString('base64'));
  });

  test.each([0, 1, 99_999, 100_000, 100_001, 2 ** 32 - 1])('100 000 bytes where %i were expected', (expectedBytes) => {
    const plain = Buffer.alloc(100_000, 'spans ');
    expect(outcome(compress(plain), expectedBytes)).toBe(plain.toString('base64'));
    expect(outcome(compress(plain), expectedBytes, 100_000)).toBe(plain.toString('base64'));
    expect(outcome(compress(plain), expectedBytes, 99_999)).toBe('too large');
  });

  test('what grows beyond the limit', () => {
    expect(outcome(compress(Buffer.alloc(MAX_BYTES + 1)))).toBe('too large');
    expect(outcome(compress(Buffer.alloc(50 * MAX_BYTES)))).toBe('too large');
  });

  test('several members, and what may stand behind them', () => {
    const body = compress(Buffer.from('one'));
    for (const rest of [compress(Buffer.from('two')), Buffer.alloc(3), Buffer.from('rest')]) {
      const joined = Buffer.concat([body, rest]);
      expect(outcome(joined)).toBe(expected(joined));
    }
  });

  test('anything that is cut short, changed or made up fares as with zlib itself', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(), fc.nat(), fc.constantFrom('cut', 'changed', 'made up', 'whole'), (plain, place, byte, what) => {
        const body = what === 'made up' ? plain : new Uint8Array(compress(plain));
        if (what === 'changed') body[place % body.length] = byte;
        const given = what === 'cut' ? body.subarray(0, place % body.length) : body;
        expect(outcome(given)).toBe(expected(given));
      }),
    );
  });
});
