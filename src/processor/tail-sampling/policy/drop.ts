import { z } from 'zod';
import { conjunction } from './conjunction.ts';
import { DROPPED, NOT_SAMPLED } from './policy.ts';
import type { InnerPolicies, PolicyType } from './policy-type.ts';

function schema(inside: InnerPolicies) {
  return z.strictObject({
    drop_sub_policy: z
      .array(inside('drop'))
      .min(1, 'must have at least one policy')
      .describe('Policies; a trace that all of them would keep is dropped, whatever other policies say.'),
  });
}

export const drop: PolicyType<z.output<ReturnType<typeof schema>>> = {
  type: 'drop',
  summary: 'Drops traces that every one of its policies would keep, whatever other policies say.',
  schema,
  allowedIn: [],
  needsWholeTrace: (config, ofInner) => config.drop_sub_policy.some((element) => ofInner(element)),
  build(config, context) {
    const all = conjunction(config.drop_sub_policy.map((element) => context.build(element)));
    return {
      ...(all.prepare === undefined ? {} : { prepare: (batch) => all.prepare!(batch) }),
      evaluate: (trace) => (all.evaluate(trace).verdict === 'sampled' ? DROPPED : NOT_SAMPLED),
    };
  },
};
