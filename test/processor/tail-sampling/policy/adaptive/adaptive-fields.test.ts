import { describe, expect, test } from 'vitest';
import { needsWholeTrace, policySchema } from '../../../../../src/processor/tail-sampling/policy/policy-schema.ts';

function parsed(type: string, block: object) {
  return policySchema.safeParse({ name: 'rest', type, [type]: block });
}

test.each([
  ['adaptive_throughput', { goal_throughput: 5 }],
  ['adaptive_percentage', { goal_percentage: 5 }],
])('%s judges no part of a trace alone, wherever it stands', (type, block) => {
  const policy = { name: 'rest', type, [type]: block };
  expect(needsWholeTrace(policySchema.parse(policy))).toBe(true);
  expect(needsWholeTrace(policySchema.parse({ name: 'outer', type: 'and', and: { and_sub_policy: [policy] } }))).toBe(true);
});

describe('the configuration of an adaptive policy', () => {
  test('has defaults for all but the goal', () => {
    const { data } = parsed('adaptive_throughput', { goal_throughput: 500 });
    expect(data?.['adaptive_throughput']).toEqual({
      goal_throughput: 500,
      fingerprint_attributes: [
        { from: 'resource', attribute: 'service.name' },
        { from: 'root', field: 'name' },
      ],
      adjustment_interval: 1000,
      max_keys: 500,
    });
  });

  test.each([
    ['adaptive_throughput', {}, ['goal_throughput'], 'expected number'],
    ['adaptive_throughput', { goal_throughput: 0 }, ['goal_throughput'], 'must be above 0'],
    ['adaptive_percentage', { goal_percentage: 0 }, ['goal_percentage'], 'must be above 0'],
    ['adaptive_percentage', { goal_percentage: 101 }, ['goal_percentage'], '100'],
    ['adaptive_percentage', { goal_percentage: 5, adjustment_interval: '50ms' }, ['adjustment_interval'], 'must be from 100ms to 30s'],
    ['adaptive_percentage', { goal_percentage: 5, adjustment_interval: '31s' }, ['adjustment_interval'], 'must be from 100ms to 30s'],
    ['adaptive_percentage', { goal_percentage: 5, max_keys: 0 }, ['max_keys'], '1'],
    ['adaptive_percentage', { goal_percentage: 5, fingerprint_attributes: [] }, ['fingerprint_attributes'], 'must have at least one'],
    ['adaptive_percentage', { goal_percentage: 5, fingerprint_attributes: ['root.name', 'root.nmae'] }, ['fingerprint_attributes', 1], '"root.nmae" tells no kinds of traffic apart'],
  ])('of %s: %o is wrong at %o', (type, block, path, problem) => {
    const { error } = parsed(type, block);
    expect(error?.issues).toHaveLength(1);
    expect(error?.issues[0]?.path).toEqual([type, ...path]);
    expect(error?.issues[0]?.message).toContain(problem);
  });
});
