import { NOT_SAMPLED, SAMPLED } from './policy.ts';
import { ANYWHERE, type PolicyType } from './policy-type.ts';

/** W3C Trace Context, trace-flags: the lowest bit says that the sender may have recorded the trace. */
const SAMPLED_FLAG = 1;

export const traceFlags: PolicyType<undefined> = {
  type: 'trace_flags',
  summary: 'Keeps traces in which a span has the sampled flag of W3C Trace Context.',
  schema: undefined,
  allowedIn: ANYWHERE,
  build(_config, { walk }) {
    const question = walk.askSpan({ test: ({ reader }) => (reader.flags & SAMPLED_FLAG) !== 0 });
    return { evaluate: (trace) => (walk.answer(question, trace) ? SAMPLED : NOT_SAMPLED) };
  },
};
