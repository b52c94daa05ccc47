import { z } from 'zod';
import { Budget } from './budget.ts';
import { ANYWHERE, type PolicyType } from './policy-type.ts';

const schema = z.strictObject({
  spans_per_second: z.number().int().min(0).default(0).describe('Spans kept a second.'),
  burst_capacity: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Spans that may be kept at once after a quiet time; a larger trace never passes. 0: twice the rate.'),
});

export const rateLimiting: PolicyType<z.output<typeof schema>> = {
  type: 'rate_limiting',
  summary: 'Keeps traces while their spans fit into a number a second.',
  schema: () => schema,
  allowedIn: ANYWHERE,
  needsWholeTrace: () => true,
  build: (config) =>
    new Budget(config.spans_per_second, config.burst_capacity || config.spans_per_second * 2, (trace) => trace.spanCount),
};
