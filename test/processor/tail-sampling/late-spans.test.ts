import { describe, expect, test } from 'vitest';
import { id } from '../../support/otlp.ts';
import { KEEP_ERRORS, ProcessorRig } from './processor-rig.ts';

const KEPT = { traceId: id(1, 16), statusCode: 2 };
const NOT_KEPT = { traceId: id(2, 16) };
const LATE_KEPT = { traceId: id(1, 16) };
const LATE_NOT_KEPT = { traceId: id(2, 16), statusCode: 2 };

describe('late spans', () => {
  test('follow the first decision, whatever they would have changed', async () => {
    const rig = new ProcessorRig({ policies: KEEP_ERRORS });
    await rig.send(KEPT, NOT_KEPT);
    rig.clock.tick(1100);
    expect(rig.kept).toEqual([1]);
    rig.clock.tick(3000);
    await rig.send(LATE_NOT_KEPT, LATE_KEPT, LATE_KEPT, LATE_NOT_KEPT);
    // At once, since nothing has to be waited for.
    expect(rig.keptSpans).toHaveLength(3);
    expect(rig.kept).toEqual([1]);
    await rig.settle();
    expect(rig.metric('dropped_spans', 'reason="late"')).toBe(2);
    expect(rig.collectorMetric('early_releases_from_cache_decision', 'sampled="true"')).toBe(2);
    expect(rig.collectorMetric('early_releases_from_cache_decision', 'sampled="false"')).toBe(2);
    expect(rig.metric('kept_spans', 'policy="errors"')).toBe(3);
    for (const ageS of rig.settings.meter.samples('otelcol_processor_tail_sampling_sampling_late_span_age{processor="tail_sampling"}')) {
      expect(ageS).toBeGreaterThanOrEqual(3);
      expect(ageS).toBeLessThanOrEqual(3.3);
    }
    expect(rig.collectorMetric('new_trace_id_received')).toBe(2);
    expect(rig.unaccounted).toBe(0);
  });

  test('follow the decision made about a trace that was evicted', async () => {
    const rig = new ProcessorRig({ policies: KEEP_ERRORS, num_traces: 1 });
    await rig.send(NOT_KEPT);
    await rig.send(KEPT);
    await rig.send(LATE_NOT_KEPT);
    rig.clock.tick(1100);
    expect(rig.kept).toEqual([1]);
    expect(rig.metric('dropped_spans', 'reason="late"')).toBe(1);
  });

  test('do not count as traces in the window', async () => {
    const rig = new ProcessorRig({ policies: KEEP_ERRORS, num_traces: 1 });
    await rig.send(KEPT);
    rig.clock.tick(1100);
    await rig.send({ traceId: id(3, 16) });
    await rig.send(LATE_KEPT);
    expect(rig.metric('decisions', 'trigger="evicted"')).toBe(0);
    expect(rig.keptSpans).toHaveLength(2);
  });

  test('are taken while block_on_overflow refuses new traces', async () => {
    const rig = new ProcessorRig({ policies: KEEP_ERRORS, num_traces: 2, block_on_overflow: true });
    await rig.send(KEPT, NOT_KEPT);
    rig.clock.tick(1100);
    await rig.send({ traceId: id(3, 16) }, { traceId: id(4, 16) });
    await expect(rig.send({ traceId: id(5, 16) })).rejects.toEqual(expect.objectContaining({ code: 'overloaded' }));
    await rig.send(LATE_KEPT, LATE_NOT_KEPT, LATE_KEPT);
    expect(rig.keptSpans).toHaveLength(3);
    await rig.settle();
    expect([rig.metric('window_spans'), rig.unaccounted]).toEqual([2, 0]);
  });

  test.each([
    ['sampled_cache_size', KEPT, LATE_KEPT],
    ['non_sampled_cache_size', NOT_KEPT, LATE_NOT_KEPT],
  ])('are a new trace where %s is 0', async (key, first, late) => {
    const rig = new ProcessorRig({ policies: KEEP_ERRORS, decision_cache: { [key]: 0 } });
    await rig.send(first);
    rig.clock.tick(1100);
    await rig.send(late);
    expect(rig.metric('window_spans')).toBe(1);
    rig.clock.tick(1100);
    await rig.settle();
    expect(rig.collectorMetric('new_trace_id_received')).toBe(2);
    expect(rig.metric('decisions', 'trigger="decision_wait"')).toBe(2);
    expect(rig.keptSpans).toHaveLength(1);
    expect(rig.unaccounted).toBe(0);
  });

  test('the memory of decisions is bounded and counted', async () => {
    const rig = new ProcessorRig({ policies: KEEP_ERRORS, decision_cache: { non_sampled_cache_size: 10 } });
    for (let number = 1; number <= 100; number++) await rig.send({ traceId: id(number, 16) });
    rig.clock.tick(1100);
    const entries = rig.metric('decision_cache_entries', 'sampled="false"');
    expect(entries).toBeGreaterThanOrEqual(10);
    expect(entries).toBeLessThanOrEqual(20);
    expect(rig.metric('decision_cache_bytes')).toBeGreaterThan(0);
  });
});
