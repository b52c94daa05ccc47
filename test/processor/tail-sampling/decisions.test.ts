import { describe, expect, test } from 'vitest';
import { id, type JsonObject } from '../../support/otlp.ts';
import { KEEP_ALL, KEEP_ERRORS, ProcessorRig, spansOfTraces } from './processor-rig.ts';

const IS_X: JsonObject = { name: 'x', type: 'string_attribute', string_attribute: { key: 'a', values: ['x'] } };

describe('policies', () => {
  test('are asked anew for each trace, in groups of whatever size', async () => {
    const rig = new ProcessorRig({ policies: [{ name: 'both', type: 'and', and: { and_sub_policy: [...KEEP_ERRORS, IS_X] } }], decision_wait: '100ms' });
    const x = { statusCode: 2, attributes: { a: 'x' } };
    const y = { statusCode: 2, attributes: { a: 'y' } };
    const expected: number[] = [];
    let number = 0;
    // What one group found out about its last trace must not be taken for an answer about a trace of the next.
    for (const size of [5, 3, 9, 2, 7, 1, 4, 6, 1, 8]) {
      for (let position = 0; position < size; position++) {
        number++;
        const isLast = position === size - 1;
        if (isLast) expected.push(number);
        await rig.send({ traceId: id(number, 16), ...(isLast ? x : position === 0 ? {} : y) });
      }
      rig.clock.tick(200);
    }
    expect(rig.kept).toEqual(expected);
  });

  test('see the randomness of their own trace, in groups of whatever size', async () => {
    const rig = new ProcessorRig({
      policies: [{ name: 'both', type: 'and', and: { and_sub_policy: [...KEEP_ERRORS, { name: 'half', type: 'probabilistic', probabilistic: { sampling_percentage: 50 } }] } }],
      decision_wait: '100ms',
    });
    const high = 0xff_ffff_ffff;
    const traceId = (n: number, isHigh: boolean): string => id(n, 16).slice(0, 18) + (isHigh ? 'ff' : '00') + id(n, 16).slice(20);
    let expected = 0;
    let number = 0;
    for (const size of [5, 3, 9, 2, 7, 1, 4, 6, 1, 8]) {
      for (let position = 0; position < size; position++) {
        const isLast = position === size - 1;
        if (isLast) expected++;
        await rig.send({ traceId: traceId(++number, isLast), ...(position > 0 || size === 1 ? { statusCode: 2 } : {}) });
      }
      rig.clock.tick(200);
    }
    expect(high).toBeGreaterThan(number);
    expect(rig.keptSpans).toHaveLength(expected);
  });

  test('the first in the list that says so has the credit', async () => {
    const rig = new ProcessorRig({ policies: [...KEEP_ERRORS, ...KEEP_ALL] });
    await rig.send({ traceId: id(1, 16), statusCode: 2 }, { traceId: id(2, 16) }, { traceId: id(2, 16) });
    rig.clock.tick(1100);
    expect([rig.metric('kept_spans', 'policy="errors"'), rig.metric('kept_spans', 'policy="all"')]).toEqual([1, 2]);
    expect(rig.collectorMetric('count_traces_sampled', 'decision="sampled",policy="errors"')).toBe(1);
    expect(rig.collectorMetric('count_traces_sampled', 'decision="sampled",policy="all"')).toBe(2);
    expect(rig.collectorMetric('count_spans_sampled', 'decision="sampled",policy="all"')).toBe(3);
    expect(rig.collectorMetric('global_count_traces_sampled', 'decision="sampled"')).toBe(2);
    expect(rig.collectorMetric('sampling_policy_execution_count')).toBe(4);
  });

  test('after the first match are not asked where sample_on_first_match says so', async () => {
    const rig = new ProcessorRig({ policies: [...KEEP_ERRORS, ...KEEP_ALL], sample_on_first_match: true });
    await rig.send({ traceId: id(1, 16), statusCode: 2 }, { traceId: id(2, 16) });
    rig.clock.tick(1100);
    expect(rig.kept).toEqual([1, 2]);
    expect(rig.collectorMetric('sampling_policy_execution_count', 'policy="errors"')).toBe(2);
    expect(rig.collectorMetric('sampling_policy_execution_count', 'policy="all"')).toBe(1);
  });

  test('one that fails is counted and passed over', async () => {
    const rig = new ProcessorRig({ policies: [IS_X, ...KEEP_ERRORS] });
    // A KeyValue whose key is longer than itself: passed over by length where nobody looks inside.
    const brokenAttribute = Buffer.from('4a03 0a7f61'.replaceAll(' ', ''), 'hex');
    const spanBytes = Buffer.concat([Buffer.from('0a10', 'hex'), Buffer.from(id(1, 16), 'hex'), Buffer.from('7a021802', 'hex'), brokenAttribute]);
    const scope = Buffer.concat([Buffer.from([0x12, spanBytes.length]), spanBytes]);
    const resource = Buffer.concat([Buffer.from([0x12, scope.length]), scope]);
    const bytes = Buffer.concat([Buffer.from([0x0a, resource.length]), resource]);
    await rig.processor.consume({ signal: 'traces', bytes, itemCount: 1, retainable: true, scan: undefined });
    rig.clock.tick(1100);
    expect(rig.metric('forwarded_spans') + rig.metric('outbound_spans')).toBe(1);
    expect(rig.collectorMetric('sampling_policy_evaluation_error', 'policy="x"')).toBe(1);
    expect(rig.settings.logger.lines).toEqual([expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ policy: 'x' }) })]);
  });

  test('keep nothing where none says so', async () => {
    const rig = new ProcessorRig({ policies: KEEP_ERRORS });
    await rig.send(...spansOfTraces(1, 2));
    rig.clock.tick(1100);
    expect(rig.metric('dropped_spans', 'reason="not_sampled"')).toBe(2);
  });
});
