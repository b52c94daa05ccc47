import { z } from 'zod';
import { ANY_BOOL } from '../../../pdata/otlp/fields.ts';
import { NOT_SAMPLED, SAMPLED } from './policy.ts';
import { ANYWHERE, type PolicyType } from './policy-type.ts';

const schema = z.strictObject({
  key: z.string().min(1, 'must not be empty').describe('Attribute of the resource or of a span.'),
  value: z.boolean().default(false).describe('Value the attribute has to have.'),
  invert_match: z.boolean().default(false).describe('Whether to keep the traces that do not match instead.'),
});

export const booleanAttribute: PolicyType<z.output<typeof schema>> = {
  type: 'boolean_attribute',
  summary: 'Keeps traces in which the resource or a span has a boolean attribute with the value.',
  schema: () => schema,
  allowedIn: ANYWHERE,
  build(config, { walk }) {
    const question = walk.askAttribute(config.key, {
      matches: (kind, bytes, start, end) => kind === ANY_BOOL && isTrue(bytes, start, end) === config.value,
    });
    const [onMatch, otherwise] = config.invert_match ? [NOT_SAMPLED, SAMPLED] : [SAMPLED, NOT_SAMPLED];
    return { evaluate: (trace) => (walk.answer(question, trace) ? onMatch : otherwise) };
  },
};

/** A boolean is a varint, false only where all of it is 0. */
function isTrue(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at]! & 0x7f) !== 0) return true;
  return false;
}
