import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HpackDecoder, HpackError } from '../../../../src/receiver/otlp/http2/hpack-decoder.ts';
import { holds } from '../../../support/property.ts';
import {
  MAX_TABLE_BYTES,
  added,
  decodeBlock,
  fromHex,
  indexed,
  integer,
  notAdded,
  pairsOf,
  resize,
  string,
  tableOf,
} from './hpack-blocks.ts';

function decodeAll(...blocks: readonly Uint8Array[]): HpackDecoder {
  const decoder = new HpackDecoder(MAX_TABLE_BYTES);
  for (const block of blocks) decodeBlock(decoder, block);
  return decoder;
}

describe('refuses', () => {
  test.each<[string, Uint8Array, string]>([
    ['index 0', indexed(0), 'no field has the index 0'],
    ['an index beyond an empty table', indexed(62), 'no field has the index 62'],
    ['an index beyond the table', Buffer.concat([added('a', 'b'), indexed(63)]), 'no field has the index 63'],
    ['the index of a name beyond the table', notAdded(62, 'b'), 'no field has the index 62'],
    ['an index cut short', fromHex('ff'), 'header block ends within a field'],
    ['an index cut short further on', fromHex('ff80'), 'header block ends within a field'],
    ['a literal without a name', fromHex('40'), 'header block ends within a field'],
    ['a literal without a value', fromHex('00 01 61'), 'header block ends within a field'],
    ['a name longer than the block', fromHex('00 03 6161'), 'header block ends within a string'],
    ['a value longer than the block', fromHex('00 01 61 02 62'), 'header block ends within a string'],
    ['a value of two gigabytes', Buffer.concat([fromHex('00 01 61'), integer(0, 0x7f, 2 ** 31 - 1)]), 'header block ends within a string'],
    ['an integer above 31 bits', integer(0x80, 0x7f, 2 ** 31), 'integer is too great'],
    ['an integer of five bytes of ones', fromHex('ff ffffffff7f'), 'integer is too great'],
    ['an integer of more bytes, were they zeros', fromHex('ff 808080808000'), 'integer is too great'],
    ['a string of wrong Huffman code', fromHex('00 01 61 81 00'), 'string is not in the Huffman code'],
    ['a table above the announced size', resize(MAX_TABLE_BYTES + 1), 'table size 4097 is greater than 4096'],
    ['a change of the table after a field', Buffer.concat([indexed(2), resize(0)]), 'table size is changed after the first field'],
  ])('%s', (_, block, message) => {
    expect(() => decodeAll(block)).toThrow(new HpackError(message));
  });
});

test('takes integers of as many bytes as they may have', () => {
  const decoder = decodeAll();
  expect(pairsOf(decodeBlock(decoder, fromHex('00 7f 8080808000'.concat('61'.repeat(127), '0162'))))).toEqual([['a'.repeat(127), 'b']]);
});

test('takes bytes that are no Buffer, and keeps none of them', () => {
  const bytes = Uint8Array.from(added('name', 'value'));
  const decoder = new HpackDecoder(MAX_TABLE_BYTES);
  const list = decoder.decode(bytes, 0, bytes.length, 1000);
  bytes.fill(0);
  expect(pairsOf(list)).toEqual([['name', 'value']]);
  expect(tableOf(decoder)).toEqual([['name', 'value']]);
});

test('reads a character from each byte', () => {
  const every = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
  expect(pairsOf(decodeBlock(decodeAll(), notAdded('a', every)))).toEqual([['a', every]]);
});

describe('the table', () => {
  /** Field of so many bytes in the table. */
  const sized = (name: string, bytes: number): Buffer => added(name, 'x'.repeat(bytes - 32 - name.length));
  const names = (decoder: HpackDecoder): string[] => tableOf(decoder).map(([name]) => name);

  test('holds as many bytes as announced, and no more', () => {
    const decoder = decodeAll(sized('a', 1096), sized('b', 1500), sized('c', 1500));
    expect(names(decoder)).toEqual(['c', 'b', 'a']);
    decodeBlock(decoder, sized('d', 1096));
    expect(names(decoder)).toEqual(['d', 'c', 'b']);
    decodeBlock(decoder, sized('e', 1097));
    expect(names(decoder)).toEqual(['e', 'd', 'c']);
  });

  test('is emptied by a field that is larger than it', () => {
    expect(names(decodeAll(sized('a', 40), sized('b', MAX_TABLE_BYTES + 1)))).toEqual([]);
  });

  test('may be filled by one field', () => {
    expect(names(decodeAll(sized('a', 40), sized('b', MAX_TABLE_BYTES)))).toEqual(['b']);
  });

  test('holds the most fields there can be', () => {
    const decoder = decodeAll(...Array.from({ length: 200 }, () => added('', '')));
    expect(tableOf(decoder)).toHaveLength(MAX_TABLE_BYTES / 32);
  });

  test('shrinks and grows again, empty, at the beginning of a block', () => {
    const decoder = decodeAll(sized('a', 40), sized('b', 40), resize(40));
    expect(names(decoder)).toEqual(['b']);
    decodeBlock(decoder, Buffer.concat([resize(0), resize(80), sized('c', 40), sized('d', 40), sized('e', 40)]));
    expect(names(decoder)).toEqual(['e', 'd']);
  });

  test('gives a name to the field that evicts it', () => {
    const decoder = decodeAll(sized('a', 4000), added(62, 'y'.repeat(100)));
    expect(tableOf(decoder)).toEqual([['a', 'y'.repeat(100)]]);
  });

  test('grows beyond 4096 bytes only when told to', () => {
    const decoder = new HpackDecoder(10_000);
    decodeBlock(decoder, sized('a', 4096));
    decodeBlock(decoder, sized('b', 40));
    expect(names(decoder)).toEqual(['b']);
    decodeBlock(decoder, Buffer.concat([resize(10_000), sized('c', 9_960)]));
    expect(names(decoder)).toEqual(['c', 'b']);
  });
});

describe('a list that is too large', () => {
  const block = Buffer.concat([added('a', 'b'), added('c', 'd')]);

  test('is one of more bytes than allowed, with 32 for each field', () => {
    expect(decodeBlock(decodeAll(), block, 68)).toMatchObject({ isTooLarge: false, fields: [{}, {}] });
    expect(decodeBlock(decodeAll(), block, 67)).toEqual({ isTooLarge: true, fields: [] });
  });

  test('leaves the table as the other end has it', () => {
    const decoder = new HpackDecoder(MAX_TABLE_BYTES);
    decodeBlock(decoder, block, 40);
    expect(tableOf(decoder)).toEqual([['c', 'd'], ['a', 'b']]);
  });

  test('does not end the look for mistakes', () => {
    expect(() => decodeBlock(decodeAll(), Buffer.concat([block, indexed(99)]), 40)).toThrow(HpackError);
  });

  test('is not built: a block of a million references takes little memory', () => {
    const decoder = decodeAll(added('a', 'x'.repeat(4000)));
    const bomb = Buffer.alloc(1_000_000, indexed(62));
    const before = process.memoryUsage().heapUsed;
    const list = decodeBlock(decoder, bomb);
    // References to a million fields alone would be 8 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(4_000_000);
    expect(list).toEqual({ isTooLarge: true, fields: [] });
  });
});

describe('the list of the block before', () => {
  const block = Buffer.concat([indexed(62), notAdded('te', 'trailers')]);

  test('is given again while the block is the same and the table, too', () => {
    const decoder = decodeAll(added('a', 'b'));
    const list = decodeBlock(decoder, block);
    expect(pairsOf(list)).toEqual([['a', 'b'], ['te', 'trailers']]);
    expect(decodeBlock(decoder, Buffer.from(block))).toBe(list);
  });

  test.each<[string, Buffer]>([
    ['a field was added', added('c', 'd')],
    ['the table was made smaller and filled again', Buffer.concat([resize(0), resize(100), added('c', 'd')])],
  ])('is not given when %s', (_, change) => {
    const decoder = decodeAll(added('a', 'b'), block, change);
    expect(pairsOf(decodeBlock(decoder, block))).toEqual([['c', 'd'], ['te', 'trailers']]);
  });

  test('is not given when less is allowed', () => {
    const decoder = decodeAll(added('a', 'b'), block);
    expect(decodeBlock(decoder, block, 50).isTooLarge).toBe(true);
    expect(decodeBlock(decoder, block).isTooLarge).toBe(false);
  });

  test('is not given for a block that adds fields each time', () => {
    const decoder = decodeAll(added('a', 'b'), added('a', 'b'));
    expect(tableOf(decoder)).toEqual([['a', 'b'], ['a', 'b']]);
  });

  /** A block of so many bytes, of one field whose value is the character again and again. */
  function long(size: number, character: string): Buffer {
    const start = notAdded('a', '').subarray(0, -1);
    return Buffer.concat([start, string(character.repeat(size - start.length - 3))]);
  }

  test('is given again after a shorter one', () => {
    const decoder = decodeAll(added('a', 'b'), block);
    const list = decodeBlock(decoder, long(1024, 'x'));
    expect(decodeBlock(decoder, long(1024, 'x'))).toBe(list);
    expect(decodeBlock(decoder, long(1024, 'y')).fields[0]?.value).toMatch(/^y+$/);
  });

  test('is not kept of blocks above a kilobyte', () => {
    const decoder = decodeAll();
    expect(long(1025, 'x')).toHaveLength(1025);
    const list = decodeBlock(decoder, long(1025, 'x'));
    expect(decodeBlock(decoder, long(1025, 'x'))).not.toBe(list);
    expect(decodeBlock(decoder, long(1025, 'x'))).toEqual(list);
  });
});

test('throws nothing but HpackError on any bytes, and builds no list larger than allowed', () => {
  const byte = fc.oneof(fc.nat(0xff), fc.constantFrom(0x00, 0x0f, 0x3f, 0x40, 0x7f, 0x80, 0x82, 0xbe, 0xbf, 0xff));
  const block = fc.array(byte, { maxLength: 60 }).map((bytes) => Uint8Array.from(bytes));
  holds(
    fc.property(fc.array(block, { maxLength: 6 }), fc.integer({ min: 0, max: 300 }), (blocks, maxListBytes) => {
      const decoder = new HpackDecoder(200);
      try {
        for (const bytes of blocks) {
          const list = decodeBlock(decoder, bytes, maxListBytes);
          const size = list.fields.reduce((sum, { name, value }) => sum + name.length + value.length + 32, 0);
          expect(size).toBeLessThanOrEqual(maxListBytes);
        }
      } catch (error) {
        if (!(error instanceof HpackError)) throw error;
      }
    }),
    3000,
  );
});
