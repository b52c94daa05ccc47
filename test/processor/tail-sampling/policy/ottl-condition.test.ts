import { describe, expect, test } from 'vitest';
import { factory } from '../../../../src/processor/tail-sampling/factory.ts';
import type { JsonObject, SpanFields } from '../../../support/otlp.ts';
import { id } from '../../../support/otlp.ts';
import { ProcessorRig } from '../processor-rig.ts';

const FAILURES = 'sampling_policy_evaluation_error';

/** Traces kept of those sent, by number, and how often a policy failed. */
async function keptOf(policies: readonly JsonObject[], ...spans: readonly SpanFields[]) {
  const rig = await decided(policies, ...spans);
  return { kept: rig.kept, failures: rig.collectorMetric(FAILURES) };
}

async function decided(policies: readonly JsonObject[], ...spans: readonly SpanFields[]): Promise<ProcessorRig> {
  const rig = new ProcessorRig({ policies: policies.map((policy, index) => ({ name: `p${index}`, ...policy })) });
  await rig.send(...spans);
  rig.clock.tick(1200);
  await rig.settle();
  return rig;
}

function ottl(block: JsonObject): JsonObject {
  return { type: 'ottl_condition', ottl_condition: block };
}

const NUMBERED: readonly SpanFields[] = [
  { traceId: id(1, 16), name: 'a', attributes: { n: 1 } },
  { traceId: id(1, 16), name: 'b', attributes: { n: 'text' } },
  { traceId: id(2, 16), name: 'c' },
];

describe('a condition that cannot be evaluated', () => {
  // Of trace 1 the first span has no length, the second has; of trace 2 none has.
  const span = ['Len(attributes["n"]) == 4'];

  test.each([
    ['is false by default', {}, [1], 0],
    ['is false when silent', { error_mode: 'silent' }, [1], 0],
    ['is false when ignored', { error_mode: 'ignore' }, [1], 0],
    ['fails the policy when propagated', { error_mode: 'propagate' }, [], 2],
    ['is what it is however the mode is written', { error_mode: 'Propagate' }, [], 2],
  ])('%s', async (_, mode, kept, failures) => {
    expect(await keptOf([ottl({ ...mode, span })], ...NUMBERED)).toEqual({ kept, failures });
  });

  test('fails nothing when a span before it, or a condition before it, keeps the trace', async () => {
    const conditions = ['name == "a"', 'Len(attributes["n"]) == 4'];
    expect(await keptOf([ottl({ error_mode: 'propagate', span: conditions })], ...NUMBERED)).toEqual({ kept: [1], failures: 1 });
  });

  test.each([
    ['silent', []],
    ['ignore', [{ policy: 'p0', count: 1 }, `${span[0]}: Len takes a text, bytes, a list or a map`]],
    ['propagate', [{ policy: 'p0', error: `Error: ${span[0]}: Len takes a text, bytes, a list or a map`, count: 1 }, 'a policy failed and was passed over']],
  ])('says so in the log as the mode wants: %s', async (mode, line) => {
    const { settings } = await decided([ottl({ error_mode: mode, span })], ...NUMBERED);
    expect(settings.logger.lines.map(({ fields, message }) => [fields, message])).toEqual(line.length === 0 ? [] : [line]);
  });

  test('leaves other policies alone', async () => {
    const policies = [ottl({ error_mode: 'propagate', span }), ottl({ span: ['name == "c"'] }), ottl({ error_mode: 'propagate', span: ['name == "b"'] })];
    expect(await keptOf(policies, ...NUMBERED)).toEqual({ kept: [1, 2], failures: 2 });
  });
});

test('any condition keeps a trace, on spans or events', async () => {
  expect(await keptOf([ottl({ span: ['name == "x"', 'name == "c"'] })], ...NUMBERED)).toMatchObject({ kept: [2] });
  expect(await keptOf([ottl({ spanevent: ['name == "x"'] })], ...NUMBERED)).toMatchObject({ kept: [] });
});

test('stands inside other policies', async () => {
  const named = (name: string) => ({ name, ...ottl({ span: [`name == "${name}"`] }) });
  expect(await keptOf([{ type: 'and', and: { and_sub_policy: [named('a'), named('b')] } }], ...NUMBERED)).toMatchObject({ kept: [1] });
  expect(await keptOf([{ type: 'and', and: { and_sub_policy: [named('a'), named('c')] } }], ...NUMBERED)).toMatchObject({ kept: [] });
  expect(await keptOf([{ type: 'not', not: { not_sub_policy: named('a') } }], ...NUMBERED)).toMatchObject({ kept: [2] });
});

describe('the configuration', () => {
  function issuesOf(block: JsonObject) {
    const result = factory.schema.safeParse({ policies: [{ name: 'p', ...ottl(block) }] });
    return (result.error?.issues ?? []).map((issue) => ({ path: issue.path.slice(3).join('.'), message: issue.message }));
  }

  test('needs a condition', () => {
    for (const block of [{}, { span: [], spanevent: [] }, { error_mode: 'ignore' }]) {
      expect(issuesOf(block)).toEqual([{ path: '', message: 'needs at least one condition, under span or spanevent' }]);
    }
  });

  test('says of every condition what is wrong, and in which column', () => {
    expect(issuesOf({ span: ['name == "a"', 'nam == 1 or kid == 2'], spanevent: ['name =='] })).toEqual([
      { path: 'span.1', message: expect.stringMatching(/^column 1 of the condition: span has no field "nam"/) },
      { path: 'span.1', message: expect.stringMatching(/^column 13 of the condition: span has no field "kid"/) },
      { path: 'spanevent.0', message: 'column 8 of the condition: expected a value, but found the end' },
    ]);
  });

  test('says so beside other mistakes', () => {
    expect(issuesOf({ error_mode: 'loud', span: ['nam == 1'] }).map(({ path }) => path)).toEqual(['error_mode', 'span.0']);
  });

  test.each([
    ['trace.duration > Duration("1s")', true],
    ['name == "a" and Concat([trace.root.name], "") == "b"', true],
    ['attributes["trace"] == "a" and trace_state == ""', false],
  ])('with span-ingest, is refused where it asks for the whole trace: %s', (condition, isRefused) => {
    for (const where of ['span', 'spanevent']) {
      const source = where === 'span' ? condition : condition.replaceAll('trace_state', 'span.trace_state');
      const policies = [{ name: 'p', ...ottl({ [where]: [source] }) }];
      expect(factory.schema.safeParse({ sampling_strategy: 'span-ingest', policies }).success).toBe(!isRefused);
    }
  });

  test('knows three error modes', () => {
    expect(issuesOf({ error_mode: 'loud', span: ['true'] })).toEqual([{ path: 'error_mode', message: expect.anything() }]);
  });
});
