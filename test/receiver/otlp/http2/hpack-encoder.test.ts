import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HpackDecoder } from '../../../../src/receiver/otlp/http2/hpack-decoder.ts';
import { encodeHeaderBlock } from '../../../../src/receiver/otlp/http2/hpack-encoder.ts';
import { STATIC_TABLE } from '../../../../src/receiver/otlp/http2/hpack-tables.ts';
import { holds } from '../../../support/property.ts';
import { MAX_TABLE_BYTES, decodeBlock, fromHex, indexed, pairsOf, tableOf, type Pair } from './hpack-blocks.ts';

test.each<[string, Pair, Buffer]>([
  ['a static field by its index', [':status', '200'], fromHex('88')],
  ['another value by the first index of its name', [':status', '302'], fromHex('08 03 333032')],
  ['a name of an index that the first byte cannot hold', ['content-type', 'a'], fromHex('0f10 01 61')],
  ['another name as it is', ['x', 'é'], fromHex('00 01 78 01 e9')],
  ['a value whose length takes another byte', ['x', 'v'.repeat(255)], Buffer.concat([fromHex('00 01 78 7f8001'), Buffer.from('v'.repeat(255))])],
  ['a long value', ['x', 'v'.repeat(300)], Buffer.concat([fromHex('00 01 78 7fad01'), Buffer.from('v'.repeat(300))])],
])('encodes %s', (_, pair, block) => {
  expect(encodeHeaderBlock([pair])).toEqual(block);
});

test('finds each field of the static table', () => {
  for (const [i, { name, value }] of STATIC_TABLE.entries()) expect(encodeHeaderBlock([[name, value]])).toEqual(indexed(i + 1));
});

test('encodes what decodes to the same, and leaves no trace in the table', () => {
  const text = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  const name = fc.oneof(text, fc.constantFrom(...STATIC_TABLE.map((field) => field.name)));
  const value = fc.oneof(text, fc.constantFrom(...STATIC_TABLE.map((field) => field.value)));
  const decoder = new HpackDecoder(MAX_TABLE_BYTES);
  holds(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 12 }), (pairs) => {
      expect(pairsOf(decodeBlock(decoder, encodeHeaderBlock(pairs)))).toEqual(pairs);
      expect(tableOf(decoder)).toEqual([]);
    }),
    300,
  );
});
