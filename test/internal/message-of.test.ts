import { expect, test } from 'vitest';
import { messageOf } from '../../src/internal/message-of.ts';

test.each<[string, unknown, string]>([
  ['an error', new RangeError('too far'), 'too far'],
  ['a text', 'no', 'no'],
  ['nothing', undefined, 'undefined'],
  ['several errors without a word of their own', new AggregateError([new Error('refused ::1'), 'refused 127.0.0.1']), 'refused ::1; refused 127.0.0.1'],
  ['several errors with one', new AggregateError([new Error('a')], 'all failed'), 'all failed'],
])('%s', (_, thrown, expected) => {
  expect(messageOf(thrown)).toBe(expected);
});
