import { expect, test } from 'vitest';
import { retryAfterMs } from '../../../src/exporter/otlp-http/retry-after.ts';

const now = Date.UTC(2026, 10, 22, 12, 0, 0);

test.each([
  [undefined, undefined],
  ['0', 0],
  ['120', 120_000],
  [' 5 ', 5000],
  ['Sun, 22 Nov 2026 12:00:30 GMT', 30_000],
  ['Sun, 22 Nov 2026 11:59:00 GMT', 0],
  ['Sunday, 22-Nov-26 12:00:30 GMT', 30_000],
  ['-5', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['Soon, 2026', undefined],
  ['', undefined],
])('Retry-After %j', (header, expected) => {
  expect(retryAfterMs(header, now)).toBe(expected);
});
