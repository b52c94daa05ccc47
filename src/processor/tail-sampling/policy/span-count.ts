import { z } from 'zod';
import { NOT_SAMPLED, SAMPLED } from './policy.ts';
import { ANYWHERE, type PolicyType } from './policy-type.ts';

const schema = z.strictObject({
  min_spans: z.number().int().min(0).default(0).describe('Traces with fewer spans are not kept.'),
  max_spans: z.number().int().min(0).default(0).describe('Traces with more spans are not kept; 0 for no bound.'),
});

export const spanCount: PolicyType<z.output<typeof schema>> = {
  type: 'span_count',
  summary: 'Keeps traces by the number of their spans.',
  schema: () => schema,
  allowedIn: ANYWHERE,
  // Without an upper bound more spans cannot undo a yes.
  needsWholeTrace: (config) => config.max_spans > 0,
  build(config) {
    const least = config.min_spans;
    const most = config.max_spans === 0 ? Infinity : config.max_spans;
    return { evaluate: ({ spanCount: spans }) => (spans >= least && spans <= most ? SAMPLED : NOT_SAMPLED) };
  },
};
