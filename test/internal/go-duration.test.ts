import { expect, test } from 'vitest';
import { formatGoDuration } from '../../src/internal/go-duration.ts';

test.each([
  [0, '0s'],
  [1, '1ms'],
  [999, '999ms'],
  [1000, '1s'],
  [1500, '1.5s'],
  [60_000, '1m0s'],
  [61_001, '1m1.001s'],
  [3_600_000, '1h0m0s'],
  [90_061_500, '25h1m1.5s'],
  [-250, '-250ms'],
])('%i ms is %s', (ms, text) => {
  expect(formatGoDuration(ms)).toBe(text);
});
