import { z } from 'zod';
import { NOT_SAMPLED, SAMPLED } from './policy.ts';
import { ANYWHERE, type PolicyType } from './policy-type.ts';

const schema = z.strictObject({
  threshold_ms: z.number().int().min(0).default(0).describe('Traces that took longer than this are kept, in milliseconds.'),
  upper_threshold_ms: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Traces that took longer than this are not kept, in milliseconds; 0 for no bound.'),
});

export const latency: PolicyType<z.output<typeof schema>> = {
  type: 'latency',
  summary: 'Keeps traces by their duration: latest end of a span minus earliest start, in whole milliseconds.',
  schema: () => schema,
  allowedIn: ANYWHERE,
  // Without an upper bound more spans cannot undo a yes.
  needsWholeTrace: (config) => config.upper_threshold_ms > 0,
  build(config) {
    const above = config.threshold_ms;
    const upTo = config.upper_threshold_ms === 0 ? Infinity : config.upper_threshold_ms;
    return {
      evaluate(trace) {
        const duration = trace.durationMs();
        return duration > above && duration <= upTo ? SAMPLED : NOT_SAMPLED;
      },
    };
  },
};
