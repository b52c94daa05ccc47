import { z } from 'zod';
import { crossField, rightElements } from '../../../config/cross-field.ts';
import { BatchPart, isKeptBy } from './batch-part.ts';
import { Budget } from './budget.ts';
import { KEEP_NONE, NOT_SAMPLED, type Decision, type Policy, type Threshold } from './policy.ts';
import type { InnerPolicies, PolicyType } from './policy-type.ts';
import { higherThreshold, lowerThreshold } from './threshold.ts';
import type { Trace, TraceBatch } from './trace.ts';

function schema(inside: InnerPolicies) {
  return z
    .strictObject({
      max_total_spans_per_second: z.number().int().min(1).describe('Spans that all policies inside may keep together a second.'),
      policy_order: z
        .array(z.string())
        .default([])
        .describe('Names of the policies inside in the order in which they are asked; those not named come after, as listed.'),
      composite_sub_policy: z.array(inside('composite')).min(1, 'must have at least one policy').describe('Policies, each with a part of the total.'),
      rate_allocation: z
        .array(
          z.strictObject({
            policy: z.string().describe('Name of a policy inside.'),
            percent: z.number().min(0).max(100).default(0).describe('Its part of the total; 0 or left out: an equal part of what is left.'),
          }),
        )
        .default([])
        .describe('How the total is divided.'),
    })
    .check(
      crossField([], (_config, context) => {
        const elements = rightElements(context, 'composite_sub_policy', 'name');
        // Where a name is wrong it may be the one that is meant elsewhere.
        if (elements.length === 0 || elements.length < context.value.composite_sub_policy.length) return;
        const names = new Set(elements.map(([, { name }]) => name));
        const expectName = (name: string, path: (string | number)[]): void => {
          if (!names.has(name)) context.addIssue({ code: 'custom', path, message: `no policy "${name}" in composite_sub_policy; there are ${[...names].join(', ')}` });
        };
        for (const [index, name] of rightElements(context, 'policy_order')) expectName(name, ['policy_order', index]);
        for (const [index, { policy }] of rightElements(context, 'rate_allocation', 'policy')) expectName(policy, ['rate_allocation', index, 'policy']);
      }),
      crossField(['rate_allocation'], (config, context) => {
        const total = config.rate_allocation.reduce((sum, { percent }) => sum + percent, 0);
        if (total > 100) context.addIssue({ code: 'custom', path: ['rate_allocation'], message: `gives away ${total} per cent: 100 at most` });
      }),
    );
}

type CompositeConfig = z.output<ReturnType<typeof schema>>;

export const composite: PolicyType<CompositeConfig> = {
  type: 'composite',
  summary: 'Divides a number of spans a second over its policies; the first that keeps a trace and has budget left keeps it.',
  schema,
  allowedIn: [],
  needsWholeTrace: () => true,
  build(config, context) {
    const parts = allocations(config);
    const policies = ordered(config).map((element) => {
      const perSecond = (parts.get(element.name) ?? 0) * config.max_total_spans_per_second;
      return { name: element.name, policy: context.build(element), budget: new Budget(perSecond, perSecond, (trace) => trace.spanCount) };
    });
    return new CompositePolicy(policies);
  },
};

interface Allotted {
  readonly name: string;
  readonly policy: Policy;
  readonly budget: Budget;
}

/** A trace that a policy wants and has no budget for is passed on to the next. */
class CompositePolicy implements Policy {
  readonly #policies: readonly Allotted[];

  constructor(policies: readonly Allotted[]) {
    this.#policies = policies;
  }

  prepare(batch: TraceBatch): void {
    let rest = batch;
    for (const { policy, budget } of this.#policies) {
      policy.prepare?.(rest);
      const wanted = BatchPart.of(rest, (trace) => isKeptBy(policy, trace));
      budget.prepare(wanted);
      rest = BatchPart.of(rest, (trace) => !isKeptBy(policy, trace) || budget.evaluate(trace).verdict !== 'sampled');
    }
  }

  evaluate(trace: Trace): Decision {
    // Of a policy that had no budget for it: with more randomness it would have been kept there.
    let passedOver: Threshold = KEEP_NONE;
    for (const { name, policy, budget } of this.#policies) {
      const decision = policy.evaluate(trace);
      if (decision.verdict !== 'sampled') continue;
      const threshold = higherThreshold(decision.threshold, budget.threshold);
      passedOver = lowerThreshold(passedOver, threshold);
      if (budget.evaluate(trace).verdict === 'sampled') return { verdict: 'sampled', threshold: passedOver, subPolicy: name };
    }
    return NOT_SAMPLED;
  }
}

/** Each policy's part of the total, from 0 to 1. */
function allocations(config: CompositeConfig): ReadonlyMap<string, number> {
  const parts = new Map<string, number>();
  for (const { policy, percent } of config.rate_allocation) if (percent > 0) parts.set(policy, percent / 100);
  const without = config.composite_sub_policy.filter(({ name }) => !parts.has(name));
  const left = 1 - [...parts.values()].reduce((sum, part) => sum + part, 0);
  for (const { name } of without) parts.set(name, left / without.length);
  return parts;
}

function ordered(config: CompositeConfig): CompositeConfig['composite_sub_policy'] {
  const rank = ({ name }: { readonly name: string }): number => {
    const place = config.policy_order.indexOf(name);
    return place < 0 ? config.policy_order.length : place;
  };
  return config.composite_sub_policy.toSorted((a, b) => rank(a) - rank(b));
}
