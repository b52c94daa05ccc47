import { expect, test } from 'vitest';
import { bytesOf, exportRequest, id, type JsonObject } from '../../../support/otlp.ts';
import { ProcessorRig } from '../processor-rig.ts';

const ERRORS = { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } };
const ALL = { name: 'all', type: 'always_sample' };

/** Every policy with whether it keeps a span that has its ids and nothing else. */
const POLICIES: readonly (readonly [string, JsonObject, boolean])[] = [
  ['always_sample', {}, true],
  ['latency', { threshold_ms: 0 }, false],
  ['latency', { threshold_ms: 0, upper_threshold_ms: 1 }, false],
  ['numeric_attribute', { key: 'k', min_value: 0 }, false],
  ['numeric_attribute', { key: 'k', min_value: 0, invert_match: true }, true],
  ['probabilistic', { sampling_percentage: 100 }, true],
  ['status_code', { status_codes: ['UNSET'] }, true],
  ['status_code', { status_codes: ['OK', 'ERROR'] }, false],
  ['string_attribute', { key: 'k', values: ['v'] }, false],
  ['string_attribute', { key: 'k', values: ['.*'], enabled_regex_matching: true }, false],
  ['string_attribute', { key: 'k', values: ['v'], invert_match: true }, true],
  ['boolean_attribute', { key: 'k', value: false }, false],
  ['boolean_attribute', { key: 'k', value: false, invert_match: true }, true],
  ['trace_state', { key: 'k', values: [''] }, false],
  ['trace_flags', {}, false],
  ['rate_limiting', { spans_per_second: 1 }, true],
  ['bytes_limiting', { bytes_per_second: 1000 }, true],
  ['span_count', { min_spans: 0, max_spans: 0 }, true],
  ['span_count', { min_spans: 2 }, false],
  ['ottl_condition', { span: ['name == "" and end_time_unix_nano == 0'] }, true],
  ['ottl_condition', { spanevent: ['true'] }, false],
  ['and', { and_sub_policy: [ALL, { name: 'not', type: 'not', not: { not_sub_policy: ERRORS } }] }, true],
  ['not', { not_sub_policy: ERRORS }, true],
  ['drop', { drop_sub_policy: [ALL] }, false],
  ['drop', { drop_sub_policy: [ERRORS] }, true],
  ['composite', { max_total_spans_per_second: 10, composite_sub_policy: [ALL] }, true],
];

/** As a policy of the list; beside one that only drops stands one that keeps the rest. */
function listed(type: string, block: JsonObject, name = 'p'): readonly JsonObject[] {
  const policy = { name, type, ...(Object.keys(block).length > 0 ? { [type]: block } : {}) };
  return type === 'drop' ? [policy, { ...ALL, name: `${name} rest` }] : [policy];
}

test.each(POLICIES)('a span of nothing but ids: %s %j', async (type, block, isKept) => {
  const rig = new ProcessorRig({ policies: listed(type, block) });
  await rig.sendRaw([{ traceId: bytesOf(id(1, 16)), spanId: bytesOf(id(1, 8)) }]);
  rig.clock.tick(1100);
  expect(rig.kept).toEqual(isKept ? [1] : []);
  expect(rig.collectorMetric('sampling_policy_evaluation_error')).toBe(0);
  expect(rig.unaccounted).toBe(0);
});

const RESOURCE: JsonObject = { attributes: [{ key: 'k', value: { stringValue: 'v' } }] };

test.each<readonly [string, JsonObject]>([
  ['nothing', {}],
  ['an empty ResourceSpans', { resourceSpans: [{}] }],
  ['a resource', { resourceSpans: [{ resource: RESOURCE, scopeSpans: [] }] }],
  ['a resource and a scope', { resourceSpans: [{ resource: RESOURCE, scopeSpans: [{ scope: { name: 'lib' }, spans: [] }] }] }],
])('a request without spans is no trace to any policy: %s', async (_name, request) => {
  const rig = new ProcessorRig({ policies: POLICIES.flatMap(([type, block], index) => listed(type, block, `p${index}`)) });
  await rig.processor.consume(exportRequest('traces', request, 0));
  rig.clock.tick(1100);
  expect(rig.sink.requests).toHaveLength(0);
  expect(rig.collectorMetric('new_trace_id_received')).toBe(0);
  expect(rig.collectorMetric('sampling_policy_evaluation_error')).toBe(0);
  // The next trace is not mixed up with it.
  await rig.processor.consume(exportRequest('traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: bytesOf(id(2, 16)), spanId: bytesOf(id(1, 8)) }] }] }] }, 1));
  rig.clock.tick(1100);
  expect(rig.collectorMetric('new_trace_id_received')).toBe(1);
  expect(rig.unaccounted).toBe(0);
});
