import { expect, test } from 'vitest';
import { nearest } from '../../src/internal/nearest.ts';

const KNOWN = ['endpoint', 'timeout', 'sending_queue', 'tls', 'otlp', 'debug'];

test.each([
  ['endpont', 'endpoint'],
  ['endpiont', 'endpoint'],
  ['Timeout', 'timeout'],
  ['otpl', 'otlp'],
  ['tsl', 'tls'],
  ['sending_que', 'sending_queue'],
  ['retry', undefined],
  ['x', undefined],
  ['', undefined],
])('nearest to "%s" is %s', (word, expected) => {
  expect(nearest(word, KNOWN)).toBe(expected);
});

test('of equally near ones the first', () => {
  expect(nearest('ab', ['abc', 'abd'])).toBe('abc');
});
