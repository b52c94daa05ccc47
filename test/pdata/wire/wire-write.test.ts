import { describe, expect, test } from 'vitest';
import { delimitedSize, varintSize, writeVarint } from '../../../src/pdata/wire/wire-write.ts';

describe('writeVarint', () => {
  test.each([
    [0, '00'],
    [1, '01'],
    [0x7f, '7f'],
    [0x80, '8001'],
    [0x3fff, 'ff7f'],
    [0x4000, '808001'],
    [0x1f_ffff, 'ffff7f'],
    [0x20_0000, '80808001'],
    [0xfff_ffff, 'ffffff7f'],
    [0x1000_0000, '8080808001'],
    [0xffff_ffff, 'ffffffff0f'],
  ])('%i', (value, hex) => {
    const bytes = Buffer.alloc(8, 0xee);
    const end = writeVarint(bytes, 1, value);
    expect(bytes.subarray(1, end).toString('hex')).toBe(hex);
    expect(bytes[end]).toBe(0xee);
    expect(varintSize(value)).toBe(hex.length / 2);
  });
});

test.each([
  [0, 2],
  [127, 129],
  [128, 131],
  [16_384, 16_388],
])('a delimited field with %i bytes of content takes %i', (content, size) => {
  expect(delimitedSize(content)).toBe(size);
});
