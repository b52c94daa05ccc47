import { z } from 'zod';
import { conjunction } from './conjunction.ts';
import type { InnerPolicies, PolicyType } from './policy-type.ts';

function schema(inside: InnerPolicies) {
  return z.strictObject({
    and_sub_policy: z
      .array(inside('and'))
      .min(1, 'must have at least one policy')
      .describe('Policies that all have to keep the trace; asked in order, up to the first that does not.'),
  });
}

export const and: PolicyType<z.output<ReturnType<typeof schema>>> = {
  type: 'and',
  summary: 'Keeps traces that every one of its policies keeps.',
  schema,
  allowedIn: ['composite'],
  needsWholeTrace: (config, ofInner) => config.and_sub_policy.some((element) => ofInner(element)),
  build: (config, context) => conjunction(config.and_sub_policy.map((element) => context.build(element))),
};
