import { expect, test } from 'vitest';
import { KEEP_ERRORS, ProcessorRig, spansOfTraces } from './processor-rig.ts';

const ALL = { name: 'all', type: 'always_sample' };
const NONE = { name: 'none', type: 'probabilistic', probabilistic: { sampling_percentage: 0 } };
const VETO = { name: 'veto', type: 'drop', drop: { drop_sub_policy: [ALL] } };

test('shadow policies are counted and change nothing', async () => {
  const rig = new ProcessorRig({ policies: KEEP_ERRORS, shadow_policies: [NONE, ALL] });
  await rig.send(...spansOfTraces(1, 2), { traceId: '3'.repeat(32), statusCode: 2 });
  rig.clock.tick(1100);
  expect(rig.keptSpans).toHaveLength(1);
  expect(rig.metric('shadow_traces', 'decision="sampled"')).toBe(3);
  expect(rig.metric('shadow_spans', 'decision="sampled"')).toBe(3);
  expect(rig.metric('shadow_policy_traces', 'decision="sampled",policy="all"')).toBe(3);
  expect(rig.metric('shadow_policy_traces', 'decision="not_sampled",policy="none"')).toBe(3);
  expect(rig.metric('kept_spans')).toBe(1);
  expect(rig.keptSpans[0]?.traceState).toBeUndefined();
});

test('a veto in the shadow drops nothing', async () => {
  const rig = new ProcessorRig({ policies: [ALL], shadow_policies: [VETO, ALL] });
  await rig.send(...spansOfTraces(1));
  rig.clock.tick(1100);
  expect(rig.keptSpans).toHaveLength(1);
  expect(rig.metric('shadow_traces', 'decision="dropped"')).toBe(1);
});
