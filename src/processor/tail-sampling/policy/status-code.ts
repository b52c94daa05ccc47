import { z } from 'zod';
import { NOT_SAMPLED, SAMPLED } from './policy.ts';
import { ANYWHERE, type PolicyType } from './policy-type.ts';

const CODES = { UNSET: 0, OK: 1, ERROR: 2 } as const;

const schema = z.strictObject({
  status_codes: z
    .array(z.enum(['OK', 'ERROR', 'UNSET']))
    .min(1, 'must name at least one of OK, ERROR, UNSET')
    .describe('Status codes; a span with any of them makes its trace kept.'),
});

export const statusCode: PolicyType<z.output<typeof schema>> = {
  type: 'status_code',
  summary: 'Keeps traces in which a span has one of the status codes.',
  schema: () => schema,
  allowedIn: ANYWHERE,
  build(config) {
    const codes = config.status_codes.map((name) => CODES[name]);
    return { evaluate: (trace) => (codes.some((code) => trace.hasStatusCode(code)) ? SAMPLED : NOT_SAMPLED) };
  },
};
