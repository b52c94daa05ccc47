import { z } from 'zod';
import { anyCondition, asksWholeTrace, mistakesIn } from './ottl/conditions.ts';
import type { ConditionContext } from './ottl/paths.ts';
import { NOT_SAMPLED, SAMPLED } from './policy.ts';
import { ANYWHERE, type PolicyType } from './policy-type.ts';

function conditions(where: ConditionContext) {
  const condition = z.string().superRefine((source, context) => {
    for (const { message, offset } of mistakesIn(source, where)) {
      context.addIssue({ code: 'custom', message: `column ${offset + 1} of the condition: ${message}`, params: { offset } });
    }
  });
  return z.array(condition).default([]);
}

const schema = z
  .strictObject({
    error_mode: z
      .preprocess((value) => (typeof value === 'string' ? value.toLowerCase() : value), z.enum(['silent', 'ignore', 'propagate']).default('silent'))
      .describe(
        'What happens when a condition cannot be evaluated for a span, as when a function gets what it does not take: ' +
          'silent takes it for false, ignore too but says so in the log, propagate makes the policy fail for the trace, which is counted.',
      ),
    span: conditions('span').describe('OTTL conditions on spans, any of which makes the trace kept.'),
    spanevent: conditions('spanevent').describe('OTTL conditions on the events of spans, any of which makes the trace kept.'),
  })
  .refine(({ span, spanevent }) => span.length > 0 || spanevent.length > 0, 'needs at least one condition, under span or spanevent');

export const ottlCondition: PolicyType<z.output<typeof schema>> = {
  type: 'ottl_condition',
  summary: 'Keeps traces in which an OTTL condition is true for a span or a span event.',
  schema: () => schema,
  allowedIn: ANYWHERE,
  needsWholeTrace: ({ span, spanevent }) =>
    span.some((source) => asksWholeTrace(source, 'span')) || spanevent.some((source) => asksWholeTrace(source, 'spanevent')),
  build(config, { walk, warn }) {
    const question = walk.askSpan(
      anyCondition(config, walk, (error, source) => {
        if (config.error_mode === 'silent') return;
        const what = `${source}: ${error.message}`;
        if (config.error_mode === 'propagate') throw new Error(what, { cause: error });
        warn(what);
      }),
    );
    return { evaluate: (trace) => (walk.answer(question, trace) ? SAMPLED : NOT_SAMPLED) };
  },
};
