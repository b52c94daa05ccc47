import { z } from 'zod';
import { NOT_SAMPLED, SAMPLED, SAMPLED_UNKNOWN } from './policy.ts';
import type { InnerPolicies, PolicyType } from './policy-type.ts';

function schema(inside: InnerPolicies) {
  return z.strictObject({ not_sub_policy: inside('not').describe('The policy whose answer is turned round.') });
}

export const not: PolicyType<z.output<ReturnType<typeof schema>>> = {
  type: 'not',
  summary: 'Keeps the traces that its policy does not keep.',
  schema,
  allowedIn: ['and', 'drop'],
  // A part that does not match yet may match later: a yes by absence is never final.
  needsWholeTrace: (config, ofInner) => ofInner(config.not_sub_policy),
  build(config, context) {
    const policy = context.build(config.not_sub_policy);
    // What a policy by chance leaves out is a sample too, with a probability no threshold can say.
    const turned = isByRule(config.not_sub_policy.type) ? SAMPLED : SAMPLED_UNKNOWN;
    return {
      ...(policy.prepare === undefined ? {} : { prepare: (batch) => policy.prepare!(batch) }),
      evaluate: (trace) => (policy.evaluate(trace).verdict === 'sampled' ? NOT_SAMPLED : turned),
    };
  },
};

const BY_CHANCE: ReadonlySet<string> = new Set(['probabilistic', 'rate_limiting', 'bytes_limiting']);

function isByRule(type: string): boolean {
  return !BY_CHANCE.has(type);
}
