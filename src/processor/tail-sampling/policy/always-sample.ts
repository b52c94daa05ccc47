import { SAMPLED } from './policy.ts';
import { ANYWHERE, type PolicyType } from './policy-type.ts';

export const alwaysSample: PolicyType<undefined> = {
  type: 'always_sample',
  summary: 'Keeps every trace.',
  schema: undefined,
  allowedIn: ANYWHERE,
  build: () => ({ evaluate: () => SAMPLED }),
};
