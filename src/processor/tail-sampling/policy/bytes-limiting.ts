import { z } from 'zod';
import { Budget } from './budget.ts';
import { ANYWHERE, type PolicyType } from './policy-type.ts';

const schema = z.strictObject({
  bytes_per_second: z.number().int().min(0).default(0).describe('Bytes kept a second, as protobuf.'),
  burst_capacity: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('Bytes that may be kept at once after a quiet time; a larger trace never passes. 0: twice the rate.'),
});

export const bytesLimiting: PolicyType<z.output<typeof schema>> = {
  type: 'bytes_limiting',
  summary: 'Keeps traces while their bytes fit into a number a second.',
  schema: () => schema,
  allowedIn: ANYWHERE,
  needsWholeTrace: () => true,
  build: (config) =>
    new Budget(config.bytes_per_second, config.burst_capacity || config.bytes_per_second * 2, (trace) => trace.wireSize()),
};
