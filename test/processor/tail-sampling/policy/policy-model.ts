import { messageType } from '../../../../src/pdata/service/message-root.ts';
import type { MergedSpan } from '../../../support/merged-traces.ts';
import type { JsonObject } from '../../../support/otlp.ts';
import { hexOf } from '../../../support/otlp.ts';

/** Policies as a user writes them and, beside each, what they say of a trace, over fully decoded spans. */
export interface ModelPolicy {
  /** `type` and the block named like it. */
  readonly config: JsonObject;
  readonly keeps: (spans: readonly MergedSpan[]) => boolean;
}

const STATUS = { UNSET: 0, OK: 1, ERROR: 2 } as const;

export function statusCode(...codes: readonly (keyof typeof STATUS)[]): ModelPolicy {
  return {
    config: { type: 'status_code', status_code: { status_codes: codes } },
    keeps: (spans) => spans.some((span) => codes.some((code) => STATUS[code] === span.statusCode)),
  };
}

/** Unsigned 64 bits while they are compared, signed where they are subtracted, as in the Collector. */
function durationMs(spans: readonly MergedSpan[]): bigint {
  const starts = spans.map(({ startNs }) => startNs);
  const ends = spans.map(({ endNs }) => endNs);
  const start = starts.reduce((a, b) => (b < a ? b : a));
  const end = ends.reduce((a, b) => (b > a ? b : a));
  return (BigInt.asIntN(64, end) - BigInt.asIntN(64, start)) / 1_000_000n;
}

export function latency(thresholdMs: number, upperThresholdMs = 0): ModelPolicy {
  return {
    config: { type: 'latency', latency: { threshold_ms: thresholdMs, upper_threshold_ms: upperThresholdMs } },
    keeps: (spans) => durationMs(spans) > BigInt(thresholdMs) && (upperThresholdMs === 0 || durationMs(spans) <= BigInt(upperThresholdMs)),
  };
}

/** Field numbers of AnyValue. */
const STRING = 1;
const BOOLEAN = 2;
const INTEGER = 3;
const DOUBLE = 4;

function hasAttribute(spans: readonly MergedSpan[], key: string, matches: (number: number, value: string) => boolean): boolean {
  return spans.some(({ attributes, resourceAttributes }) =>
    [attributes, resourceAttributes].some((list) => {
      // Of a key that stands twice the first counts.
      const attribute = list.find((one) => one.key === key);
      return attribute !== undefined && matches(attribute.number, attribute.value);
    }),
  );
}

export function stringAttribute(key: string, values: readonly string[], isInverted: boolean): ModelPolicy {
  return {
    config: { type: 'string_attribute', string_attribute: { key, values, invert_match: isInverted } },
    keeps: (spans) => isInverted !== hasAttribute(spans, key, (number, value) => number === STRING && value !== '' && values.includes(value)),
  };
}

export function regexAttribute(key: string, expressions: readonly string[], isInverted: boolean): ModelPolicy {
  const found = expressions.map((expression) => new RegExp(expression, 'u'));
  return {
    config: { type: 'string_attribute', string_attribute: { key, values: expressions, enabled_regex_matching: true, invert_match: isInverted } },
    keeps: (spans) =>
      isInverted !== hasAttribute(spans, key, (number, value) => number === STRING && value !== '' && found.some((regex) => regex.test(value))),
  };
}

export function numericAttribute(key: string, min: number, max: number, isInverted: boolean): ModelPolicy {
  const isBetween = (number: number, value: string): boolean => {
    if (number === INTEGER) return BigInt(value) >= BigInt(min) && BigInt(value) <= BigInt(max);
    if (number !== DOUBLE) return false;
    const double = Buffer.from(value, 'hex').readDoubleLE();
    return double >= min && double <= max;
  };
  return {
    config: { type: 'numeric_attribute', numeric_attribute: { key, min_value: min, max_value: max, invert_match: isInverted } },
    keeps: (spans) => isInverted !== hasAttribute(spans, key, isBetween),
  };
}

export function booleanAttribute(key: string, value: boolean, isInverted: boolean): ModelPolicy {
  const anyValue = messageType('opentelemetry.proto.common.v1.AnyValue');
  const decoded = (content: string): unknown => anyValue.toObject(anyValue.decode(Buffer.from(`10${content}`, 'hex')))['boolValue'];
  return {
    config: { type: 'boolean_attribute', boolean_attribute: { key, value, invert_match: isInverted } },
    keeps: (spans) => isInverted !== hasAttribute(spans, key, (number, content) => number === BOOLEAN && decoded(content) === value),
  };
}

/** For tracestates of one member at most. */
export function traceState(key: string, values: readonly string[]): ModelPolicy {
  return {
    config: { type: 'trace_state', trace_state: { key, values } },
    keeps: (spans) => spans.some(({ decoded }) => values.some((value) => decoded['traceState'] === `${key}=${value}`)),
  };
}

export function traceFlags(): ModelPolicy {
  return {
    config: { type: 'trace_flags' },
    keeps: (spans) => spans.some(({ decoded }) => (decoded['flags'] as number) % 2 === 1),
  };
}

/** More bytes than any trace has, or fewer. */
export function bytesLimiting(budget: 'ample' | 'tiny'): ModelPolicy {
  const bytes = budget === 'ample' ? 2 ** 40 : 1;
  return {
    config: { type: 'bytes_limiting', bytes_limiting: { bytes_per_second: bytes, burst_capacity: bytes } },
    keeps: () => budget === 'ample',
  };
}

export function spanCount(min: number, max: number): ModelPolicy {
  return {
    config: { type: 'span_count', span_count: { min_spans: min, max_spans: max } },
    keeps: ({ length }) => length >= min && (max === 0 || length <= max),
  };
}

/** Thresholds as compat has them, 14 digits, by percentage. */
export const THRESHOLDS = { 50: '8', 25: 'c', 10: 'e666', 1: 'fd70a', 0.1: 'ffbe77', 75: '4' } as const;

export function probabilistic(percentage: keyof typeof THRESHOLDS): ModelPolicy {
  const threshold = BigInt(`0x${THRESHOLDS[percentage].padEnd(14, '0')}`);
  return {
    config: { type: 'probabilistic', probabilistic: { sampling_percentage: percentage } },
    keeps: (spans) => BigInt(`0x${hexOf(spans[0]!.traceId).slice(18)}`) >= threshold,
  };
}

/** By the Collector's hash, but for traces that say in their tracestate how they were sampled before. */
export function saltedProbabilistic(percentage: keyof typeof THRESHOLDS, salt: string): ModelPolicy {
  const limit = (BigInt(Math.round(percentage * 10)) * (2n ** 64n - 1n)) / 1000n;
  return {
    config: { type: 'probabilistic', probabilistic: { sampling_percentage: percentage, hash_salt: salt } },
    keeps: (spans) => {
      if (spans.some(({ decoded }) => decoded['traceState'] === 'ot=th:8')) return probabilistic(percentage).keeps(spans);
      return fnv1a64(Buffer.concat([Buffer.from(salt), spans[0]!.traceId])) <= limit;
    },
  };
}

/** http://www.isthe.com/chongo/tech/comp/fnv/ */
export function fnv1a64(bytes: Uint8Array): bigint {
  let hash = 0xcbf2_9ce4_8422_2325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100_0000_01b3n);
  return hash;
}

export function and(...policies: readonly ModelPolicy[]): ModelPolicy {
  return { config: { type: 'and', and: { and_sub_policy: named(policies) } }, keeps: (spans) => policies.every(({ keeps }) => keeps(spans)) };
}

export function not(policy: ModelPolicy): ModelPolicy {
  return { config: { type: 'not', not: { not_sub_policy: { name: 'inner', ...policy.config } } }, keeps: (spans) => !policy.keeps(spans) };
}

/** With budget for all; the policies are asked from the last to the first. */
export function composite(...policies: readonly ModelPolicy[]): ModelPolicy {
  const inside = named(policies);
  const order = inside.map(({ name }) => name!).toReversed();
  return {
    config: { type: 'composite', composite: { max_total_spans_per_second: 1_000_000, policy_order: order, composite_sub_policy: inside } },
    keeps: (spans) => policies.some(({ keeps }) => keeps(spans)),
  };
}

/** `keeps` is true where it vetoes. */
export function drop(...policies: readonly ModelPolicy[]): ModelPolicy {
  return { config: { type: 'drop', drop: { drop_sub_policy: named(policies) } }, keeps: (spans) => policies.every(({ keeps }) => keeps(spans)) };
}

export function named(policies: readonly ModelPolicy[]): readonly JsonObject[] {
  return policies.map(({ config }, index) => ({ name: `p${index}`, ...config }));
}

/** The rule that combines them. */
export function keepsTrace(policies: readonly ModelPolicy[], spans: readonly MergedSpan[]): boolean {
  const isVeto = ({ config }: ModelPolicy): boolean => config['type'] === 'drop';
  return !policies.some((policy) => isVeto(policy) && policy.keeps(spans)) && policies.some((policy) => !isVeto(policy) && policy.keeps(spans));
}
