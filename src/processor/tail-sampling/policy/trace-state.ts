import { z } from 'zod';
import { textOf } from '../../../pdata/otlp/text.ts';
import { NOT_SAMPLED, SAMPLED } from './policy.ts';
import { ANYWHERE, type PolicyType } from './policy-type.ts';
import { parseTraceState } from './w3c-trace-state.ts';

/** Key, `=` and value of a tracestate member together, as the Collector bounds them. */
const MAX_MEMBER_LENGTH = 256;

const schema = z.strictObject({
  key: z.string().min(1, 'must not be empty').describe('Key of a member of the tracestate.'),
  values: z.array(z.string()).default([]).describe('Values, one of which the member has to have.'),
});

export const traceState: PolicyType<z.output<typeof schema>> = {
  type: 'trace_state',
  summary: 'Keeps traces in which a span has a W3C tracestate with one of the values under a key.',
  schema: () => schema,
  allowedIn: ANYWHERE,
  build(config, { walk }) {
    const { key } = config;
    const values = new Set(config.values.filter((value) => value !== '' && key.length + value.length < MAX_MEMBER_LENGTH));
    const question = walk.askSpan({
      test({ reader }) {
        if (reader.traceStateStart === reader.traceStateEnd) return false;
        const text = textOf(reader.bytes, reader.traceStateStart, reader.traceStateEnd);
        const value = parseTraceState(text)?.find((member) => member.key === key)?.value;
        return value !== undefined && values.has(value);
      },
    });
    return { evaluate: (trace) => (walk.answer(question, trace) ? SAMPLED : NOT_SAMPLED) };
  },
};
