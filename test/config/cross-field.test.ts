import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { crossField, rightElements } from '../../src/config/cross-field.ts';

const range = z
  .strictObject({
    low: z.number().default(0),
    high: z.number().default(10),
    other: z.number().default(0),
    items: z.array(z.strictObject({ name: z.string(), size: z.number() })).default([]),
  })
  .check(
    crossField(['low', 'high'], ({ low, high }, context) => {
      if (low > high) context.addIssue({ code: 'custom', path: ['low'], message: 'above high' });
    }),
    crossField([], (_config, context) => {
      for (const [index, { name }] of rightElements(context, 'items', 'name')) context.addIssue({ code: 'custom', message: `${index} is named ${name}` });
      for (const [index, { size }] of rightElements(context, 'items')) context.addIssue({ code: 'custom', message: `${index} has size ${size}` });
    }),
  );

function messages(schema: z.ZodType, value: unknown): readonly string[] {
  return schema.safeParse(value).error?.issues.filter(({ code }) => code === 'custom').map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
}

describe('a check of several keys', () => {
  test.each([
    ['all is right', { low: 11 }, ['low: above high']],
    ['another value is wrong', { low: 11, other: 'x' }, ['low: above high']],
    ['a key is unknown', { low: 11, lower: 1 }, ['low: above high']],
    ['one of the keys is wrong, whatever its default', { low: 11, high: 'x' }, []],
    ['the block is none', null, []],
    ['the block is a text', 'x', []],
  ])('is asked when %s', (_name, value, expected) => {
    expect(messages(range, value)).toEqual(expected);
  });

  test('is asked in a block within another that is wrong', () => {
    expect(messages(z.strictObject({ range, other: z.number() }), { range: { low: 11 }, other: 'x' })).toEqual(['range.low: above high']);
  });
});

test('of a list, the elements that are right are looked at', () => {
  const items = [{ name: 'a', size: 1 }, { name: 'b', size: 'x' }, { name: 3, size: 3 }, 4, { name: 'e', size: 5, more: 1 }];
  expect(messages(range, { items, other: 'x' })).toEqual([': 0 is named a', ': 1 is named b', ': 4 is named e', ': 0 has size 1', ': 4 has size 5']);
  expect(messages(range, { items: 'x' })).toEqual([]);
});
