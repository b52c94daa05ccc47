import { describe, expect, test } from 'vitest';
import { durationMs, endpoint, splitEndpoint, text } from '../../src/config/fields.ts';

describe('durationMs', () => {
  test.each([
    ['0', 0],
    [0, 0],
    ['500ms', 500],
    ['1.5s', 1500],
    ['.5s', 500],
    ['1h30m', 5_400_000],
    ['250us', 0.25],
    ['2µs', 0.002],
    ['1m0.5s', 60_500],
    ['+3s', 3000],
  ])('%s', (written, expected) => {
    expect(durationMs.parse(written)).toBeCloseTo(expected, 9);
  });

  test.each([[''], ['5'], ['s'], ['5 s'], ['1d'], ['1s5'], ['-1s'], [5], [true], [null]])('%j is refused', (written) => {
    expect(durationMs.safeParse(written).success).toBe(false);
  });
});

describe('endpoint', () => {
  test.each([
    ['localhost:4317', { host: 'localhost', port: 4317 }],
    ['0.0.0.0:0', { host: '0.0.0.0', port: 0 }],
    [':4317', { host: '', port: 4317 }],
    ['[::1]:4317', { host: '::1', port: 4317 }],
  ])('%s', (written, expected) => {
    expect(splitEndpoint(endpoint.parse(written))).toEqual(expected);
  });

  test.each([['localhost'], ['::1:4317'], ['http://localhost:4317'], ['localhost:'], ['localhost:port'], ['local host:1']])('%s is refused', (written) => {
    expect(endpoint.safeParse(written).success).toBe(false);
  });
});

test.each([
  ['secret', 'secret'],
  [123, '123'],
  [true, 'true'],
])('text takes %j', (written, expected) => {
  expect(text.parse(written)).toBe(expected);
});
