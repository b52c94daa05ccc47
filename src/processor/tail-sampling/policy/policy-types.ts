import { adaptivePercentage } from './adaptive-percentage.ts';
import { adaptiveThroughput } from './adaptive-throughput.ts';
import { alwaysSample } from './always-sample.ts';
import { and } from './and.ts';
import { booleanAttribute } from './boolean-attribute.ts';
import { bytesLimiting } from './bytes-limiting.ts';
import { composite } from './composite.ts';
import { drop } from './drop.ts';
import { latency } from './latency.ts';
import { not } from './not.ts';
import { numericAttribute } from './numeric-attribute.ts';
import { ottlCondition } from './ottl-condition.ts';
import type { PolicyType } from './policy-type.ts';
import { probabilistic } from './probabilistic.ts';
import { rateLimiting } from './rate-limiting.ts';
import { spanCount } from './span-count.ts';
import { statusCode } from './status-code.ts';
import { stringAttribute } from './string-attribute.ts';
import { traceFlags } from './trace-flags.ts';
import { traceState } from './trace-state.ts';

/** Every policy type there is, in the order of the reference. A new one is a file beside these and a row here. */
export const POLICY_TYPES: readonly PolicyType<unknown>[] = [
  alwaysSample,
  latency,
  numericAttribute,
  probabilistic,
  statusCode,
  stringAttribute,
  booleanAttribute,
  traceState,
  traceFlags,
  rateLimiting,
  bytesLimiting,
  spanCount,
  ottlCondition,
  adaptiveThroughput,
  adaptivePercentage,
  and,
  not,
  drop,
  composite,
];

/** Throws where there is no such type: the configuration's schema has let nothing else through. */
export function policyTypeOf(type: string): PolicyType<unknown> {
  const policyType = POLICY_TYPES.find((candidate) => candidate.type === type);
  if (policyType === undefined) throw new Error(`unknown policy type ${type}`);
  return policyType;
}
