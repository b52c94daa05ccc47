import { describe, expect, test } from 'vitest';
import { EVENT_CONDITIONS, type Expected, SPAN_CONDITIONS } from './condition-table.ts';
import { mistakes, requestOf, SPAN, TraceInWindow, type Verdict } from './condition-rig.ts';
import type { ConditionContext } from '../../../../../src/processor/tail-sampling/policy/ottl/paths.ts';

const trace = new TraceInWindow(requestOf(SPAN));

function* rows({ isTrue = [], isFalse = [], fails = [] }: Expected): Generator<[Verdict, string]> {
  for (const condition of isTrue) yield ['true', condition];
  for (const condition of isFalse) yield ['false', condition];
  for (const condition of fails) yield ['error', condition];
}

function expectVerdict(condition: string, verdict: Verdict, context: ConditionContext): void {
  expect(mistakes(condition, context)).toEqual([]);
  expect(trace.ask(condition, context)).toBe(verdict);
}

for (const [area, expected] of Object.entries(SPAN_CONDITIONS)) {
  describe(`conditions: ${area}`, () => {
    test.each([...rows(expected)])('%s: %s', (verdict, condition) => expectVerdict(condition, verdict, 'span'));
  });
}

describe('span events', () => {
  test.each([...rows(EVENT_CONDITIONS)])('%s: %s', (verdict, condition) => expectVerdict(condition, verdict, 'spanevent'));
});
