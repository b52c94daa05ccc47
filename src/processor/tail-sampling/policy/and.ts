import { z } from 'zod';
import { NOT_SAMPLED, SAMPLED, type Decision, type Threshold } from './policy.ts';
import type { InnerPolicies, PolicyType } from './policy-type.ts';

function schema(inner: InnerPolicies) {
  return z.strictObject({
    and_sub_policy: z.array(inner.inAnd).min(1, 'must have at least one policy').describe('Policies that all have to keep the trace.'),
  });
}

export const and: PolicyType<z.output<ReturnType<typeof schema>>> = {
  type: 'and',
  summary: 'Keeps traces that every one of its policies keeps; asks them in order and stops at the first that does not.',
  schema,
  nesting: { and: false },
  build(config, context) {
    const policies = config.and_sub_policy.map((element) => context.build(element));
    return {
      evaluate(trace): Decision {
        let threshold: Threshold = SAMPLED.threshold;
        for (const policy of policies) {
          const decision = policy.evaluate(trace);
          if (decision.verdict !== 'sampled') return NOT_SAMPLED;
          threshold = higher(threshold, decision.threshold);
        }
        return threshold === SAMPLED.threshold ? SAMPLED : { verdict: 'sampled', threshold };
      },
    };
  },
};

/** All share the trace's randomness, so it passes both thresholds when it passes the higher. */
function higher(a: Threshold, b: Threshold): Threshold {
  if (a === undefined || b === undefined) return undefined;
  return a > b ? a : b;
}
