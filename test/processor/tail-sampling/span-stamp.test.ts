import { describe, expect, test } from 'vitest';
import { bytesOf, type JsonObject, span } from '../../support/otlp.ts';
import { ProcessorRig } from './processor-rig.ts';

/** Ends with the highest randomness there is, so that any share keeps it. */
const TRACE = '0123456789abcdef01ffffffffffffff';
const HALF = [{ name: 'half', type: 'probabilistic', probabilistic: { sampling_percentage: 50 } }];
const SALTED = [{ name: 'salted', type: 'probabilistic', probabilistic: { sampling_percentage: 99.999, hash_salt: 'salt' } }];
const ALL = [{ name: 'all', type: 'always_sample' }];

async function traceStateOut(traceState: string | undefined, policies: readonly JsonObject[]): Promise<string | undefined> {
  const rig = new ProcessorRig({ policies });
  await rig.sendRaw([{ ...span({ traceId: TRACE }), ...(traceState === undefined ? {} : { traceState }) }]);
  rig.clock.tick(1100);
  expect(rig.keptSpans).toHaveLength(1);
  return rig.keptSpans[0]?.traceState;
}

describe('ot=th of the tracestate', () => {
  test.each<readonly [string, string | undefined, string]>([
    ['is written where there is none', undefined, 'ot=th:8'],
    ['goes to the front of other members', 'vendor=1,other=2', 'ot=th:8,vendor=1,other=2'],
    ['is raised', 'vendor=1,ot=th:4', 'ot=th:8,vendor=1'],
    ['is never lowered', 'vendor=1,ot=th:c', 'vendor=1,ot=th:c'],
    ['leaves randomness and unknown sub-keys', 'ot=rv:ffffffffffffff;th:1;k9:x', 'ot=th:8;rv:ffffffffffffff;k9:x'],
    ['takes the place of one that is none', 'ot=th:xyz', 'ot=th:8'],
  ])('%s', async (_name, before, after) => {
    expect(await traceStateOut(before, HALF)).toBe(after);
  });

  test('stays within 256 characters', async () => {
    const after = await traceStateOut(`ot=rv:ffffffffffffff;${Array.from({ length: 20 }, (_, i) => `k${i}:aaaaaaaa`).join(';')}`, HALF);
    expect(after?.startsWith('ot=th:8;rv:ffffffffffffff;k0:aaaaaaaa;')).toBe(true);
    expect(after?.length).toBeLessThanOrEqual('ot='.length + 256);
  });

  test.each([undefined, 'vendor=1', 'vendor=1,ot=th:4', 'ot=k:v'])('stays as it is where a rule keeps the trace: %s', async (before) => {
    expect(await traceStateOut(before, ALL)).toBe(before);
    expect(await traceStateOut(before, [...HALF, ...ALL])).toBe(before);
  });

  test.each([
    [undefined, undefined],
    ['vendor=1', 'vendor=1'],
  ])('is not claimed where the probability is not known: %s', async (before, after) => {
    expect(await traceStateOut(before, SALTED)).toBe(after);
  });

  test('of late spans is that of the first decision', async () => {
    const rig = new ProcessorRig({ policies: HALF });
    await rig.send({ traceId: TRACE });
    rig.clock.tick(1100);
    await rig.send({ traceId: TRACE });
    expect(rig.keptSpans.map(({ traceState }) => traceState)).toEqual(['ot=th:8', 'ot=th:8']);
  });
});

test('randomness is that of rv, where a span carries it', async () => {
  const rig = new ProcessorRig({ policies: HALF });
  await rig.sendRaw([span({ traceId: TRACE }), { ...span({ traceId: TRACE }), traceState: 'ot=rv:00000000000001' }]);
  rig.clock.tick(1100);
  expect(rig.keptSpans).toEqual([]);
});

describe('record', () => {
  const texts = (rig: ProcessorRig): unknown => rig.keptSpans.map(({ attributes = [] }) => Object.fromEntries(attributes.map(({ key, value }) => [key, value?.['stringValue']])));

  test('writes the deciding policy and the trigger to every kept span, beside its own attributes', async () => {
    const rig = new ProcessorRig({ policies: [...HALF, ...ALL], record: { policy: true, trigger: true } });
    await rig.send({ traceId: TRACE, attributes: { own: 'x' } }, { traceId: TRACE });
    rig.clock.tick(1100);
    const written = { 'tailsampling.policy': 'half', 'tailsampling.trigger': 'decision_wait' };
    expect(texts(rig)).toEqual([{ own: 'x', ...written }, written]);
  });

  test('names the policy inside a composite one', async () => {
    const composite = { max_total_spans_per_second: 100, composite_sub_policy: [{ name: 'inner', type: 'always_sample' }] };
    const rig = new ProcessorRig({ policies: [{ name: 'outer', type: 'composite', composite }], record: { policy: true } });
    await rig.send({ traceId: TRACE });
    rig.clock.tick(1100);
    expect(texts(rig)).toEqual([{ 'tailsampling.policy': 'outer', 'tailsampling.composite_policy': 'inner' }]);
  });

  test('is silent unless asked, and spans are then the bytes they came as', async () => {
    const rig = new ProcessorRig({ policies: ALL });
    await rig.sendRaw([{ ...span({ traceId: TRACE }), spanId: bytesOf('00000000000000aa'), traceState: 'vendor=1' }]);
    rig.clock.tick(1100);
    expect(texts(rig)).toEqual([{}]);
    expect(rig.keptSpans[0]?.traceState).toBe('vendor=1');
  });
});
