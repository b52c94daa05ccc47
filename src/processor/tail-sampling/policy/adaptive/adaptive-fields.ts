import { z } from 'zod';
import { durationMs } from '../../../../config/fields.ts';
import { messageOf } from '../../../../internal/message-of.ts';
import { parseKindPath } from './kind-path.ts';

const kindPath = z.string().transform((text, context) => {
  try {
    return parseKindPath(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
    return z.NEVER;
  }
});

/** What both adaptive policies take beside their goal. */
export const adaptiveFields = {
  fingerprint_attributes: z
    .array(kindPath)
    .min(1, 'must have at least one')
    .prefault(['resource.attributes["service.name"]', 'root.name'])
    .describe(
      'What tells kinds of traffic apart, each of which gets its fair part: resource.attributes["key"], root.attributes["key"], root.name, root.kind, trace.span_count. ' +
        'Root is the span without a parent, or the first where none came; resource is where that came from. Default: service and name of the root.',
    ),
  adjustment_interval: durationMs
    .refine((ms) => ms >= 100 && ms <= 30_000, 'must be from 100ms to 30s')
    .default(1000)
    .describe('How often the rates follow the traffic; a guard holds the goal between.'),
  max_keys: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(500)
    .describe('Kinds told apart at most; the rest shares one kind, "_other".'),
};
