import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeHuffman } from '../../../../src/receiver/otlp/http2/huffman.ts';
import { holds } from '../../../support/property.ts';
import { EOS_BITS, bytesOfBits, huffmanBits } from './huffman-code.ts';

const latin1 = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

/** Decodes bytes that others surround. */
function decode(bytes: Uint8Array): string | undefined {
  const padded = Buffer.concat([Buffer.of(0), bytes, Buffer.of(0xff)]);
  return decodeHuffman(padded, 1, 1 + bytes.length);
}

test('decodes each byte by the code of appendix B', () => {
  for (let byte = 0; byte < 256; byte++) {
    const text = String.fromCharCode(byte);
    expect(decode(bytesOfBits(huffmanBits(text)))).toBe(text);
    expect(decode(bytesOfBits(huffmanBits(`a${text}a`)))).toBe(`a${text}a`);
  }
});

test('decodes texts', () => {
  holds(
    fc.property(latin1, (text) => {
      expect(decode(bytesOfBits(huffmanBits(text)))).toBe(text);
    }),
    500,
  );
});

test.each([
  ['a padding of zeros', bytesOfBits(huffmanBits('a'), '0')],
  ['a padding with a zero in it', bytesOfBits(`${huffmanBits('a')}101`)],
  ['a padding of eight bits', bytesOfBits(`${huffmanBits('&')}${'1'.repeat(8)}`)],
  ['a padding of eleven bits', bytesOfBits(`${huffmanBits('a')}${'1'.repeat(11)}`)],
  ['nothing but a padding', Buffer.of(0xff)],
  ['a symbol cut short', bytesOfBits(huffmanBits('\0')).subarray(0, 1)],
  ['EOS', bytesOfBits(EOS_BITS)],
  ['EOS between symbols', bytesOfBits(`${huffmanBits('ab')}${EOS_BITS}${huffmanBits('ab')}`)],
])('refuses %s', (_, bytes) => {
  expect(decode(bytes)).toBeUndefined();
});

test('decodes any bytes or refuses them, and what it decodes is what encodes to them', () => {
  holds(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const text = decode(bytes);
      if (text !== undefined) expect(bytesOfBits(huffmanBits(text))).toEqual(Buffer.from(bytes));
      else expect(isRefusedByCode(bytes)).toBe(true);
    }),
    1000,
  );
});

/** Whether no text encodes to these bytes, tried symbol by symbol. */
function isRefusedByCode(bytes: Uint8Array): boolean {
  let bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const codes = Array.from({ length: 256 }, (_, byte) => huffmanBits(String.fromCharCode(byte)));
  for (;;) {
    const code = codes.find((candidate) => bits.startsWith(candidate));
    if (code === undefined) return bits.length > 7 || bits.includes('0');
    bits = bits.slice(code.length);
  }
}
