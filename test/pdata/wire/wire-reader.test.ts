import { describe, expect, test } from 'vitest';
import { WireError } from '../../../src/pdata/wire/wire-error.ts';
import { WireReader } from '../../../src/pdata/wire/wire-reader.ts';

function readerOf(hex: string, at = 0): WireReader {
  const reader = new WireReader();
  reader.reset(Buffer.from(hex, 'hex'), at);
  return reader;
}

/** Calls and expects a WireError at `offset` that says `what`. */
function expectWireError(call: () => unknown, what: string, offset: number): void {
  expect(call).toThrow(new WireError(what, offset));
  try {
    call();
  } catch (error) {
    expect((error as WireError).offset).toBe(offset);
  }
}

describe('varint', () => {
  test.each([
    ['00', 0],
    ['7f', 127],
    ['8001', 128],
    ['ff7f', 16_383],
    ['ffffffff0f', 0xffff_ffff],
    ['8080808008', 0x8000_0000],
    ['8100', 1],
    ['80808080808080808000', 0],
    ['ffffffffffffffffff01', 0xffff_ffff],
    ['82808080808080808001', 2],
  ])('%s is %i', (hex, value) => {
    const reader = readerOf(`${hex}aa`);
    expect(reader.varint(hex.length / 2)).toBe(value);
    expect(reader.at).toBe(hex.length / 2);
    const skipped = readerOf(`${hex}aa`);
    skipped.skipVarint(hex.length / 2);
    expect(skipped.at).toBe(hex.length / 2);
  });

  test.each([
    ['', 'varint cut short', 0, 0],
    ['80', 'varint cut short', 1, 0],
    ['ffffffffffffffffff', 'varint cut short', 9, 0],
    ['ffffffffffffffffffff01', 'varint longer than 10 bytes', 10, 0],
  ])('%s is an error', (hex, what, offset, start) => {
    const length = hex.length / 2;
    expectWireError(() => readerOf(hex).varint(length), what, offset);
    expectWireError(() => readerOf(hex).skipVarint(length), what, start);
  });

  test('does not read beyond the end it is given', () => {
    expectWireError(() => readerOf('8001').varint(1), 'varint cut short', 1);
    expectWireError(() => readerOf('01').varint(0), 'varint cut short', 0);
  });
});

describe('tag', () => {
  test.each([
    ['08', 0x08],
    ['7a', 0x7a],
    ['8a01', 0x8a],
    ['8a00', 0x0a],
    ['8a80808000', 0x0a],
    ['f8ffffff0f', 0xffff_fff8],
  ])('%s is %i', (hex, tag) => {
    expect(readerOf(hex).tag(hex.length / 2)).toBe(tag);
  });

  test.each([
    ['00', 'field number 0', 0],
    ['07', 'field number 0', 0],
    ['8000', 'field number 0', 0],
    ['', 'varint cut short', 0],
  ])('%s is an error', (hex, what, offset) => {
    expectWireError(() => readerOf(hex).tag(hex.length / 2), what, offset);
  });
});

describe('delimited', () => {
  test.each([
    ['00', 1, 1],
    ['02aabb', 1, 3],
    ['8200aabb', 2, 4],
    ['82808080808080808000aabb', 10, 12],
  ])('%s has its content at %i to %i', (hex, start, end) => {
    const reader = readerOf(hex);
    expect(reader.delimited(hex.length / 2)).toBe(end);
    expect(reader.at).toBe(start);
  });

  test.each([
    ['02aa', 'length 2 reaches beyond the message', 0],
    ['8201aa', 'length 130 reaches beyond the message', 0],
    ['ffffffff0f', 'length 4294967295 reaches beyond the message', 0],
    ['ffffffffffffffffff7f', `length ${128 ** 10} reaches beyond the message`, 0],
    ['', 'length cut short', 0],
    ['8080', 'length cut short', 2],
    ['8080808080808080808001', 'length longer than 10 bytes', 10],
  ])('%s is an error', (hex, what, offset) => {
    expectWireError(() => readerOf(hex).delimited(hex.length / 2), what, offset);
  });
});

describe('skip', () => {
  const nested = (depth: number): string => '0b'.repeat(depth) + '0c'.repeat(depth);

  test.each([
    ['varint', '08ac02'],
    ['fixed64', '090102030405060708'],
    ['delimited', '0a03616263'],
    ['fixed32', '0d01020304'],
    ['empty group', '0b0c'],
    ['group with a field of each type', '0b1001110102030405060708120161150102030413140c'],
    ['groups within groups', nested(100)],
    ['group whose end has a longer tag', '0b8c00'],
  ])('passes over a %s', (_name, hex) => {
    const reader = readerOf(`${hex}ff`);
    const end = hex.length / 2;
    reader.skip(reader.tag(end), end);
    expect(reader.at).toBe(end);
  });

  test.each([
    ['fixed64 cut short', '0901020304050607', 'fixed field cut short', 1],
    ['fixed32 cut short', '0d010203', 'fixed field cut short', 1],
    ['delimited cut short', '0a036162', 'length 3 reaches beyond the message', 1],
    ['group without end', '0b1001', 'varint cut short', 3],
    ['group closed by another', '0b14', 'group closed by another', 1],
    ['end without group', '0c', 'wire type 4 out of place', 1],
    ['wire type 6', '0e', 'wire type 6 out of place', 1],
    ['wire type 7', '0f', 'wire type 7 out of place', 1],
    ['wire type 6 in a group', '0b0e', 'wire type 6 out of place', 2],
    ['groups without bottom', nested(101), 'groups nested deeper than 100', 100],
  ])('%s is an error', (_name, hex, what, offset) => {
    const end = hex.length / 2;
    expectWireError(() => {
      const reader = readerOf(hex);
      reader.skip(reader.tag(end), end);
    }, what, offset);
  });
});

test('reads from where it is set', () => {
  expect(readerOf('ffff2a', 2).varint(3)).toBe(42);
});
