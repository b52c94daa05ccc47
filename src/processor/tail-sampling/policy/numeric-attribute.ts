import { z } from 'zod';
import { crossField } from '../../../config/cross-field.ts';
import { ANY_DOUBLE, ANY_INT } from '../../../pdata/otlp/fields.ts';
import { readDouble, readInt64 } from '../../../pdata/otlp/numbers.ts';
import { NOT_SAMPLED, SAMPLED } from './policy.ts';
import { ANYWHERE, type PolicyType } from './policy-type.ts';

const bound = z.number().optional();

const schema = z
  .strictObject({
    key: z.string().min(1, 'must not be empty').describe('Attribute of the resource or of a span.'),
    min_value: bound.describe('Least value that matches; without it there is no lower bound.'),
    max_value: bound.describe('Greatest value that matches; without it there is no upper bound.'),
    invert_match: z.boolean().default(false).describe('Whether to keep the traces that do not match instead.'),
  })
  .check(
    crossField(['min_value', 'max_value'], ({ min_value: min, max_value: max }, context) => {
      if (min === undefined && max === undefined) {
        context.addIssue({ code: 'custom', message: 'needs min_value or max_value: without both nothing is compared' });
      } else if (min !== undefined && max !== undefined && min > max) {
        context.addIssue({ code: 'custom', path: ['min_value'], message: `must not be above max_value (${max}): nothing lies between` });
      }
    }),
  );

export const numericAttribute: PolicyType<z.output<typeof schema>> = {
  type: 'numeric_attribute',
  summary: 'Keeps traces in which the resource or a span has a numeric attribute within the bounds.',
  schema: () => schema,
  allowedIn: ANYWHERE,
  build(config, { walk }) {
    const min = config.min_value ?? -Infinity;
    const max = config.max_value ?? Infinity;
    const question = walk.askAttribute(config.key, {
      matches(kind, bytes, start, end) {
        if (kind !== ANY_INT && kind !== ANY_DOUBLE) return false;
        // A bigint compares with a number as the mathematics do, however large.
        const value = kind === ANY_INT ? readInt64(bytes, start, end) : readDouble(bytes, start);
        return value >= min && value <= max;
      },
    });
    const [onMatch, otherwise] = config.invert_match ? [NOT_SAMPLED, SAMPLED] : [SAMPLED, NOT_SAMPLED];
    return { evaluate: (trace) => (walk.answer(question, trace) ? onMatch : otherwise) };
  },
};
