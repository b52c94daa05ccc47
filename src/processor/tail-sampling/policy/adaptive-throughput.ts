import { z } from 'zod';
import { adaptiveFields } from './adaptive/adaptive-fields.ts';
import { AdaptivePolicy } from './adaptive/adaptive-policy.ts';
import { throughputGoal } from './adaptive/goal.ts';
import type { PolicyType } from './policy-type.ts';

const schema = z.strictObject({
  goal_throughput: z.number().positive('must be above 0').describe('Spans to keep a second.'),
  ...adaptiveFields,
});

export const adaptiveThroughput: PolicyType<z.output<typeof schema>> = {
  type: 'adaptive_throughput',
  summary:
    'Keeps about a number of spans a second whatever comes in, divided fairly over the kinds of traffic. Asked after all other policies, only about what none of them keeps for certain (Tailrace only).',
  schema: () => schema,
  // A budget of its own does not fit into the budget of a composite; what is left out by chance cannot be turned round or drop anything.
  allowedIn: ['and'],
  needsWholeTrace: () => true,
  build(config, context) {
    const goal = throughputGoal(config.goal_throughput);
    const policy = new AdaptivePolicy(config.fingerprint_attributes, { goal, intervalMs: config.adjustment_interval, maxKinds: config.max_keys });
    context.askLast(policy.sampler);
    return policy;
  },
};
