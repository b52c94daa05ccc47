import { alwaysSample } from './always-sample.ts';
import { and } from './and.ts';
import { latency } from './latency.ts';
import type { PolicyType } from './policy-type.ts';
import { probabilistic } from './probabilistic.ts';
import { rateLimiting } from './rate-limiting.ts';
import { statusCode } from './status-code.ts';
import { stringAttribute } from './string-attribute.ts';

/** Every policy type there is, in the order of the reference. A new one is a file beside these and a row here. */
export const POLICY_TYPES: readonly PolicyType<unknown>[] = [
  alwaysSample,
  latency,
  probabilistic,
  statusCode,
  stringAttribute,
  rateLimiting,
  and,
];
