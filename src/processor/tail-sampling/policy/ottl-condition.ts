import { z } from 'zod';
import { anyCondition, mistakesIn } from './ottl/conditions.ts';
import type { ConditionContext } from './ottl/paths.ts';
import { NOT_SAMPLED, SAMPLED } from './policy.ts';
import { ANYWHERE, type PolicyType } from './policy-type.ts';

const conditions = z.array(z.string()).default([]);

const schema = z
  .strictObject({
    error_mode: z
      .preprocess((value) => (typeof value === 'string' ? value.toLowerCase() : value), z.enum(['silent', 'ignore', 'propagate']).default('silent'))
      .describe(
        'What happens when a condition cannot be evaluated for a span, as when a function gets what it does not take: ' +
          'silent and ignore take it for false, propagate makes the policy fail for the trace, which is counted.',
      ),
    span: conditions.describe('OTTL conditions on spans, any of which makes the trace kept.'),
    spanevent: conditions.describe('OTTL conditions on the events of spans, any of which makes the trace kept.'),
  })
  .superRefine((config, context) => {
    if (config.span.length === 0 && config.spanevent.length === 0) {
      context.addIssue({ code: 'custom', message: 'needs at least one condition, under span or spanevent' });
    }
    for (const where of ['span', 'spanevent'] satisfies ConditionContext[]) {
      config[where].forEach((source, index) => {
        for (const { message, offset } of mistakesIn(source, where)) {
          context.addIssue({ code: 'custom', path: [where, index], message: `column ${offset + 1} of the condition: ${message}`, params: { offset } });
        }
      });
    }
  });

export const ottlCondition: PolicyType<z.output<typeof schema>> = {
  type: 'ottl_condition',
  summary: 'Keeps traces in which an OTTL condition is true for a span or a span event.',
  schema: () => schema,
  allowedIn: ANYWHERE,
  build(config, { walk }) {
    const question = walk.askSpan(
      anyCondition(config, walk, (error) => {
        if (config.error_mode === 'propagate') throw error;
      }),
    );
    return { evaluate: (trace) => (walk.answer(question, trace) ? SAMPLED : NOT_SAMPLED) };
  },
};
