import { describe, expect, test } from 'vitest';
import { formatFixed, formatJsonString, formatShortest, formatTimestamp } from '../../../src/exporter/debug/go-format.ts';

test.each([
  ['0', '1970-01-01 00:00:00 +0000 UTC'],
  ['1581452772000000321', '2020-02-11 20:26:12.000000321 +0000 UTC'],
  ['1581452772500000000', '2020-02-11 20:26:12.5 +0000 UTC'],
  ['18446744073709551615', '2554-07-21 23:34:33.709551615 +0000 UTC'],
])('formatTimestamp(%s)', (nanos, expected) => {
  expect(formatTimestamp(nanos)).toBe(expected);
});

describe('numbers', () => {
  test.each([
    [0, '0.000000', '0'],
    [1.5, '1.500000', '1.5'],
    [1e-4, '0.000100', '0.0001'],
    [1.25e-5, '0.000013', '1.25e-05'],
    [123456789, '123456789.000000', '123456789'],
    [1e20, '100000000000000000000.000000', '100000000000000000000'],
    [1e21, '1000000000000000000000.000000', '1e+21'],
    [-2.5e100, `-${BigInt(2.5e100)}.000000`, '-2.5e+100'],
    [Number.POSITIVE_INFINITY, '+Inf', '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf', '-Inf'],
    [Number.NaN, 'NaN', 'NaN'],
  ])('%d', (value, fixed, shortest) => {
    expect(formatFixed(value)).toBe(fixed);
    expect(formatShortest(value)).toBe(shortest);
  });
});

test('formatJsonString escapes what Go escapes', () => {
  expect(formatJsonString('a<b>&"\u2028\n')).toBe('"a\\u003cb\\u003e\\u0026\\"\\u2028\\n"');
});
