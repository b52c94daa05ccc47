import { afterEach, describe, expect, test } from 'vitest';
import { ConsumeError } from '../../../src/consumer/consume-error.ts';
import { factory } from '../../../src/processor/tail-sampling/factory.ts';
import { exportRequest, id, type JsonObject, span, type SpanFields, tracesOf } from '../../support/otlp.ts';
import { KEEP_ALL, KEEP_ERRORS, ProcessorRig } from './processor-rig.ts';

const SLOW = { name: 'slow', type: 'latency', latency: { threshold_ms: 100 } };
const ERROR = 2;

const rigs: ProcessorRig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) {
    expect(rig.unaccounted).toBe(0);
    await rig.stop();
    expect(rig.unaccounted).toBe(0);
  }
});

function rigOf(config: JsonObject): ProcessorRig {
  const rig = new ProcessorRig({ sampling_strategy: 'span-ingest', ...config });
  rigs.push(rig);
  return rig;
}

let spanNumber = 0;

/** One request; each list of spans is a resource of its own. */
function sendResources(rig: ProcessorRig, ...resources: readonly (readonly SpanFields[])[]): Promise<void> {
  const resourceSpans = resources.flatMap((fields, index) => {
    const spans = fields.map((each) => span({ spanId: id(++spanNumber, 8), ...each }));
    return tracesOf(spans, `service-${index}`)['resourceSpans'] as readonly JsonObject[];
  });
  return rig.processor.consume(exportRequest('traces', { resourceSpans }, resources.flat().length));
}

/** Lets what was decided at once go out. */
async function handOn(rig: ProcessorRig): Promise<void> {
  rig.clock.tick(100);
  await rig.settle();
}

const a = id(1, 16);
const b = id(2, 16);

describe('span-ingest', () => {
  test('a piece that is Sampled decides at once: what waits goes with it, what comes later follows', async () => {
    const rig = rigOf({ policies: KEEP_ERRORS });
    await rig.send({ traceId: a, name: 'waits' }, { traceId: b, name: 'other' });
    await handOn(rig);
    expect(rig.kept).toEqual([]);
    await rig.send({ traceId: a, name: 'fails', statusCode: ERROR });
    await handOn(rig);
    await rig.send({ traceId: a, name: 'late' });
    await handOn(rig);
    expect(rig.keptSpans.map(({ name }) => name)).toEqual(['waits', 'fails', 'late']);
    expect(rig.metric('decisions', 'trigger="span_ingest"')).toBe(1);
    expect(rig.metric('decisions', 'trigger="late"')).toBe(1);
    expect(rig.metric('window_spans')).toBe(1);
  });

  test('what no piece was enough for is not kept when the wait ends, and what comes later follows', async () => {
    const rig = rigOf({ policies: KEEP_ERRORS });
    await rig.send({ traceId: a }, { traceId: a });
    rig.clock.tick(1000);
    expect(rig.metric('decisions', 'trigger="decision_wait"')).toBe(1);
    expect(rig.metric('dropped_spans', 'reason="not_sampled"')).toBe(2);
    await rig.send({ traceId: a, statusCode: ERROR });
    expect(rig.metric('dropped_spans', 'reason="late"')).toBe(1);
    expect(rig.collectorMetric('count_traces_sampled', 'policy="errors"')).toBe(1);
    expect(rig.collectorMetric('global_count_traces_sampled', 'decision="not_sampled"')).toBe(1);
  });

  test.each<[string, readonly (readonly SpanFields[])[], readonly number[]]>([
    ['in one resource', [[{ startMs: 0, endMs: 60 }, { startMs: 60, endMs: 120 }]], [1]],
    ['in two resources', [[{ startMs: 0, endMs: 60 }], [{ startMs: 60, endMs: 120 }]], []],
  ])('each piece is judged alone: what is slow together, %s', async (_where, resources, kept) => {
    const rig = rigOf({ policies: [SLOW] });
    await sendResources(rig, ...resources.map((spans) => spans.map((fields) => ({ traceId: a, ...fields }))));
    rig.clock.tick(1100);
    await rig.settle();
    expect(rig.kept).toEqual(kept);
  });

  test('pieces of several traces in one resource are told apart', async () => {
    const rig = rigOf({ policies: KEEP_ERRORS });
    await sendResources(rig, [{ traceId: a }, { traceId: b, statusCode: ERROR }, { traceId: a }, { traceId: b }], [{ traceId: b }, { traceId: a }]);
    await handOn(rig);
    expect(rig.kept).toEqual([2]);
    expect(rig.keptSpans).toHaveLength(3);
    expect(rig.metric('window_spans')).toBe(3);
  });

  test('a policy inside and sees the piece that the others see', async () => {
    const both = [KEEP_ERRORS[0]!, SLOW];
    const rig = rigOf({ policies: [{ name: 'both', type: 'and', and: { and_sub_policy: both } }] });
    await rig.send({ traceId: a, statusCode: ERROR });
    await rig.send({ traceId: a, endMs: 2000 });
    await rig.send({ traceId: b, statusCode: ERROR }, { traceId: b, endMs: 2000 });
    rig.clock.tick(1100);
    await rig.settle();
    expect(rig.kept).toEqual([2]);
  });

  test('span_count sees the spans of the trace so far', async () => {
    const rig = rigOf({ policies: [{ name: 'three', type: 'span_count', span_count: { min_spans: 3 } }] });
    await rig.send({ traceId: a }, { traceId: a });
    await handOn(rig);
    expect(rig.keptSpans).toHaveLength(0);
    await rig.send({ traceId: a });
    await handOn(rig);
    expect(rig.keptSpans).toHaveLength(3);
  });

  const dropHealth = {
    name: 'health',
    type: 'drop',
    drop: { drop_sub_policy: [{ name: 'is-health', type: 'string_attribute', string_attribute: { key: 'path', values: ['/health'] } }] },
  };

  test('Dropped is final', async () => {
    const rig = rigOf({ policies: [...KEEP_ALL, dropHealth] });
    await rig.send({ traceId: a });
    await rig.send({ traceId: a, attributes: { path: '/health' } });
    expect(rig.metric('dropped_spans', 'reason="dropped"')).toBe(2);
    expect(rig.metric('decisions', 'trigger="span_ingest"')).toBe(1);
    await rig.send({ traceId: a });
    expect(rig.metric('dropped_spans', 'reason="late"')).toBe(1);
  });

  test('a drop policy that may still drop defers every Sampled', async () => {
    const rig = rigOf({ policies: [dropHealth, ...KEEP_ALL] });
    await rig.send({ traceId: a });
    rig.clock.tick(1000);
    await rig.settle();
    expect(rig.kept).toEqual([]);
    expect(rig.metric('dropped_spans', 'reason="not_sampled"')).toBe(1);
  });

  test('decisions are remembered even where the configuration has no cache', async () => {
    const rig = rigOf({ policies: KEEP_ERRORS, decision_cache: { sampled_cache_size: 0, non_sampled_cache_size: 0 } });
    await sendResources(rig, [{ traceId: a, statusCode: ERROR }, { traceId: b }], [{ traceId: a }]);
    rig.clock.tick(1000);
    await rig.send({ traceId: b, statusCode: ERROR });
    await handOn(rig);
    expect(rig.kept).toEqual([1]);
    expect(rig.keptSpans).toHaveLength(2);
  });

  test('a request of more traces than the window holds is judged trace by trace', async () => {
    const rig = rigOf({ policies: KEEP_ERRORS, num_traces: 2 });
    const traces = [1, 2, 3, 4, 5].map((n) => id(n, 16));
    await sendResources(rig, traces.map((traceId, i) => ({ traceId, ...(i % 2 === 0 ? { statusCode: ERROR } : {}) })));
    await rig.send({ traceId: id(6, 16) });
    await handOn(rig);
    expect(rig.kept).toEqual([1, 3, 5]);
    expect(rig.metric('decisions', 'trigger="evicted"')).toBe(1);
    expect(rig.metric('window_spans')).toBe(2);
  });

  test('a trace that grows beyond its bound is not kept, whatever the piece is', async () => {
    const rig = rigOf({ policies: KEEP_ERRORS, maximum_trace_size_bytes: 300 });
    await rig.send({ traceId: a, attributes: { text: 'x'.repeat(100) } });
    await sendResources(rig, [{ traceId: a, statusCode: ERROR, attributes: { text: 'x'.repeat(100) } }], [{ traceId: a, statusCode: ERROR }]);
    await handOn(rig);
    expect(rig.kept).toEqual([]);
    expect(rig.metric('dropped_spans', 'reason="too_large"')).toBe(3);
  });

  test('the probability is claimed only where no later piece could have changed it', async () => {
    const none = { name: 'most', type: 'probabilistic', probabilistic: { sampling_percentage: 50 } };
    const high = 'ff'.repeat(16);
    const alone = rigOf({ policies: [none] });
    await alone.send({ traceId: high });
    await handOn(alone);
    expect(alone.keptSpans.map(({ traceState }) => traceState)).toEqual(['ot=th:8']);
    const besideRule = rigOf({ policies: [none, ...KEEP_ERRORS] });
    await besideRule.send({ traceId: high });
    await handOn(besideRule);
    expect(besideRule.keptSpans.map(({ traceState }) => traceState)).toEqual([undefined]);
  });

  test('what cannot be handed on is refused before it is decided', async () => {
    const rig = rigOf({ policies: KEEP_ALL });
    rig.next.error = new ConsumeError('overloaded', 'full', { retryAfterMs: 10 });
    const text = 'x'.repeat(1 << 20);
    const refusals: unknown[] = [];
    for (let n = 1; n <= 20; n++) await rig.send({ traceId: id(n, 16), attributes: { text } }).catch((error: unknown) => refusals.push(error));
    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals.length).toBeLessThan(20);
    expect(refusals).toEqual(refusals.map(() => expect.objectContaining({ code: 'overloaded' }) as unknown));
    rig.next.error = undefined;
    await handOn(rig);
    await rig.settle();
    expect(rig.metric('outbound_spans')).toBe(0);
  });

  test('at the stop what waits is not kept', async () => {
    const rig = rigOf({ policies: KEEP_ERRORS });
    await rig.send({ traceId: a });
    await rig.stop();
    expect(rig.metric('dropped_spans', 'reason="not_sampled"')).toBe(1);
  });
});

describe('the configuration of span-ingest', () => {
  test.each<[JsonObject, string]>([
    [{ name: 'p', type: 'rate_limiting', rate_limiting: { spans_per_second: 1 } }, 'of type "rate_limiting" needs whole traces'],
    [{ name: 'p', type: 'latency', latency: { threshold_ms: 1, upper_threshold_ms: 2 } }, 'of type "latency" needs whole traces'],
    [{ name: 'p', type: 'span_count', span_count: { min_spans: 1, max_spans: 2 } }, 'of type "span_count" needs whole traces'],
    [{ name: 'p', type: 'drop', drop: { drop_sub_policy: [{ name: 'q', type: 'bytes_limiting', bytes_limiting: { bytes_per_second: 1 } }] } }, 'of type "drop" needs whole traces'],
  ])('refuses %o', (policy, message) => {
    const result = factory.schema.safeParse({ sampling_strategy: 'span-ingest', policies: [...KEEP_ALL, policy] });
    expect(result.error?.issues).toEqual([expect.objectContaining({ path: ['policies', 1], message: expect.stringContaining(message) as string })]);
  });

  test('refuses shadow policies', () => {
    const result = factory.schema.safeParse({ sampling_strategy: 'span-ingest', policies: KEEP_ALL, shadow_policies: KEEP_ALL });
    expect(result.error?.issues.map(({ path }) => path)).toEqual([['shadow_policies']]);
  });
});
