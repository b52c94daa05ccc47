import { z } from 'zod';
import { adaptiveFields } from './adaptive/adaptive-fields.ts';
import { AdaptivePolicy } from './adaptive/adaptive-policy.ts';
import { percentageGoal } from './adaptive/goal.ts';
import type { PolicyType } from './policy-type.ts';

const schema = z.strictObject({
  goal_percentage: z.number().positive('must be above 0').max(100).describe('Share of the spans to keep, in per cent.'),
  ...adaptiveFields,
});

export const adaptivePercentage: PolicyType<z.output<typeof schema>> = {
  type: 'adaptive_percentage',
  summary:
    'Keeps about a share of all spans, divided fairly over the kinds of traffic: rare ones whole, frequent ones less. Asked after all other policies, only about what none of them keeps for certain (Tailrace only).',
  schema: () => schema,
  // As adaptive_throughput.
  allowedIn: ['and'],
  needsWholeTrace: () => true,
  build(config, context) {
    const goal = percentageGoal(config.goal_percentage / 100);
    const policy = new AdaptivePolicy(config.fingerprint_attributes, { goal, intervalMs: config.adjustment_interval, maxKinds: config.max_keys });
    context.askLast(policy.sampler);
    return policy;
  },
};
