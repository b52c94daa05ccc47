import { SAMPLED } from './policy.ts';
import type { PolicyType } from './policy-type.ts';

export const alwaysSample: PolicyType<undefined> = {
  type: 'always_sample',
  summary: 'Keeps every trace.',
  schema: undefined,
  nesting: { and: true },
  build: () => ({ evaluate: () => SAMPLED }),
};
