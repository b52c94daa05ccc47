import { expect, test } from 'vitest';
import fc from 'fast-check';
import { BufferPool } from '../../../../src/internal/buffer-pool.ts';
import { MessageBuffer, framed } from '../../../../src/receiver/otlp/grpc/grpc-message.ts';
import { holds } from '../../../support/property.ts';
import { prefixed } from './http2-call.ts';

/** A pool that knows what is out, and what of it came back. */
class WatchedPool extends BufferPool {
  readonly out = new Set<Uint8Array>();
  readonly sizes: number[] = [];

  override take(size: number): Uint8Array {
    const buffer = super.take(size);
    if (this.out.has(buffer)) throw new Error('lent twice');
    this.out.add(buffer);
    this.sizes.push(size);
    return buffer;
  }

  override give(buffer: Uint8Array): void {
    if (buffer.length > 0 && !this.out.delete(buffer)) throw new Error('given back without being lent');
    super.give(buffer);
  }
}

/** Takes what `bytes` hold, in parts that end at these places, as a call does. */
function taken(bytes: Buffer, ends: readonly number[], pool: BufferPool): MessageBuffer {
  const message = new MessageBuffer(pool);
  let from = 0;
  for (const to of [...ends, bytes.length]) {
    message.append(bytes, message.takePrefix(bytes, from, to), to);
    from = to;
  }
  return message;
}

test('a message is the same in whatever parts it comes', () => {
  const pool = new WatchedPool();
  const cases = fc.record({ size: fc.oneof(fc.nat(30), fc.nat(100_000)), flag: fc.nat(255), cuts: fc.array(fc.nat(), { maxLength: 8 }) });
  holds(
    fc.property(cases, ({ size, flag, cuts }) => {
      const content = Buffer.from(Array.from({ length: size }, (_, i) => (i * 7) ^ (i >> 8)));
      const bytes = prefixed(content, { flag });
      const ends = cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b);
      const message = taken(bytes, ends, pool);
      expect(message.length).toBe(size);
      expect(message.compressedFlag).toBe(flag);
      expect([message.size, message.sizeWithPrefix]).toEqual([size, size + 5]);
      expect(Buffer.from(message.content()).equals(content)).toBe(true);
      message.release();
      message.release();
      expect(pool.out.size).toBe(0);
    }),
    300,
  );
});

test('how long a message is, is known with the last byte of its prefix', () => {
  const message = new MessageBuffer(new BufferPool());
  const bytes = prefixed(Buffer.alloc(0), { flag: 1, length: 0xffff_fffe });
  for (let at = 0; at < 5; at++) {
    expect([message.length, message.sizeWithPrefix]).toEqual([undefined, at]);
    expect(message.takePrefix(bytes, at, at + 1)).toBe(at + 1);
  }
  expect([message.length, message.compressedFlag, message.size]).toEqual([0xffff_fffe, 1, 0]);
});

test('what is announced is not believed beyond sixteen times of what has come', () => {
  const pool = new WatchedPool();
  const bytes = prefixed(Buffer.alloc(100_000), { length: 0xffff_ffff });
  const message = new MessageBuffer(pool);
  for (let at = 0; at < bytes.length; at += 100) {
    message.append(bytes, message.takePrefix(bytes, at, at + 100), at + 100);
    expect(Math.max(...pool.sizes)).toBeLessThanOrEqual(16 * message.size);
  }
  // And it grows in steps, not with each part.
  expect(pool.sizes.length).toBeLessThan(5);
  expect(pool.out.size).toBe(1);
  message.release();
  expect(pool.out.size).toBe(0);
});

test('a buffer is never larger than announced', () => {
  const pool = new WatchedPool();
  taken(prefixed(Buffer.alloc(5000)), [10], pool);
  expect(pool.sizes).toEqual([80, 5000]);
});

test('a message that is replaced gives its buffer back', () => {
  const pool = new WatchedPool();
  const message = taken(prefixed(Buffer.from('packed')), [], pool);
  const plain = pool.take(100);
  plain.set(Buffer.from('what was packed'));
  message.replace(plain, 15);
  expect([...pool.out]).toEqual([plain]);
  expect(Buffer.from(message.content()).toString()).toBe('what was packed');
  message.release();
  expect(pool.out.size).toBe(0);
});

test('an answer is framed as a message', () => {
  expect(framed(Buffer.from('abc'))).toEqual(prefixed(Buffer.from('abc')));
  expect(framed(new Uint8Array(0))).toEqual(prefixed(Buffer.alloc(0)));
});
