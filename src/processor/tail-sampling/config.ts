import { z } from 'zod';
import { crossField, rightElements } from '../../config/cross-field.ts';
import { count, durationMs } from '../../config/fields.ts';
import { unsupportedKeys } from '../../config/removed-keys.ts';
import type { PolicyConfig } from './policy/policy-type.ts';
import { needsWholeTrace, policySchema } from './policy/policy-schema.ts';

const decisionCache = z
  .strictObject({
    sampled_cache_size: count.optional().describe('Kept traces to remember; 0 for none. Default: as many as num_traces.'),
    non_sampled_cache_size: count
      .optional()
      .describe('Traces not kept to remember; 0 for none. Default: four times num_traces.'),
  })
  .describe('Decisions remembered after a trace has left the window, so that late spans follow the first one.');

const window = z
  .strictObject({
    max_bytes: z
      .number()
      .int()
      .min(65_536, 'must be 65536 (64 KiB) or more')
      .optional()
      .describe('Bytes of span data held at most. Default: half of the memory the process may use.'),
    max_spans: z.number().int().min(1).default(20_000_000).describe('Spans held at most.'),
  })
  .describe('Bounds of the window beside num_traces (Tailrace only). Full in any: the least recently touched trace is decided early.');

const record = z
  .strictObject({
    policy: z
      .boolean()
      .default(false)
      .describe('Write the policy that kept a trace to its spans: tailsampling.policy, and tailsampling.composite_policy where one inside a composite did.'),
    trigger: z.boolean().default(false).describe('Write why the trace was decided when it was to its spans: tailsampling.trigger.'),
  })
  .describe('What is written to kept spans as attributes (Tailrace only).');

export const tailSamplingConfig = z
  .strictObject({
    policies: z
      .array(policySchema)
      .min(1, 'must have at least one policy')
      .describe('Policies, asked in order; a trace is kept when any says so and none drops it.'),
    decision_wait: durationMs.default(30_000).describe('How long after its first span a trace is decided.'),
    decision_wait_after_root_received: durationMs
      .default(0)
      .describe('When the root span has come, wait only this much longer; 0 for off.'),
    decision_wait_after_idle: durationMs
      .default(0)
      .describe('A trace that no span has joined for this long is decided (Tailrace only); 0 for off.'),
    num_traces: z.number().int().min(1).default(50_000).describe('Traces held at most.'),
    expected_new_traces_per_sec: count.default(0).describe('Accepted for compatibility; tables grow as needed.'),
    maximum_trace_size_bytes: count
      .default(0)
      .describe('A trace larger than this is not kept, and decided at once; 0 for no bound.'),
    block_on_overflow: z
      .boolean()
      .default(false)
      .describe('When the window is full, refuse input with a retryable status instead of deciding traces early.'),
    shadow_policies: z
      .array(policySchema)
      .default([])
      .describe('A second list that is evaluated and counted like policies and changes nothing (Tailrace only): what would be kept if.'),
    record: record.prefault({}),
    sampling_strategy: z
      .enum(['trace-complete', 'span-ingest'])
      .default('trace-complete')
      .describe(
        'When traces are judged: trace-complete, once and whole; span-ingest, each piece (the spans of a trace in one ResourceSpans of a ' +
          'request) alone and at once, where Sampled and Dropped are final and the rest is not kept when the wait ends.',
      ),
    decision_cache: decisionCache.prefault({}),
    sample_on_first_match: z
      .boolean()
      .default(false)
      .describe('Stop at the first policy that keeps the trace; those after it are then neither asked nor counted.'),
    drop_pending_traces_on_shutdown: z
      .boolean()
      .default(false)
      .describe('Drop the traces that wait when stopping, instead of deciding them on what has come.'),
    num_shards: z.number().int().min(1).default(1).describe('Accepted for compatibility.'),
    window: window.prefault({}),
  })
  .check(
    crossField(['sampling_strategy'], ({ sampling_strategy: strategy }, context) => {
      if (strategy === 'span-ingest') refuseWhatNeedsWholeTraces(context);
    }),
    crossField([], (_config, context) => {
      for (const list of ['policies', 'shadow_policies'] as const) {
        const names = new Map<string, number>();
        for (const [index, { name }] of rightElements(context, list, 'name')) {
          const first = names.get(name);
          if (first === undefined) names.set(name, index);
          else context.addIssue({ code: 'custom', path: [list, index, 'name'], message: `"${name}" is the name of ${list}[${first}] already` });
        }
      }
    }),
  )
  .register(unsupportedKeys, { tail_storage: 'the window is in memory, bounded by window.max_bytes' });

/** Policies see pieces only, and each of them at once. */
function refuseWhatNeedsWholeTraces(
  context: z.core.$RefinementCtx<{ readonly policies: readonly PolicyConfig[]; readonly shadow_policies: readonly PolicyConfig[] }>,
): void {
  const refuse = (path: (string | number)[], message: string): void => context.addIssue({ code: 'custom', path, message });
  for (const [index, policy] of rightElements(context, 'policies')) {
    if (!needsWholeTrace(policy)) continue;
    refuse(['policies', index], `policy "${policy.name}" of type "${policy.type}" needs whole traces, and sampling_strategy span-ingest judges each piece of a trace alone; use trace-complete, the default`);
  }
  if (rightElements(context, 'shadow_policies').length > 0) refuse(['shadow_policies'], 'need whole traces, and sampling_strategy span-ingest judges each piece of a trace alone');
}

export type TailSamplingConfig = z.output<typeof tailSamplingConfig>;
