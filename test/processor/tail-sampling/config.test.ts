import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { ConfigError } from '../../../src/config/problem.ts';
import { registry } from '../../../src/service/registry.ts';
import { ExampleEnvironment } from '../../config/example-registry.ts';

const AROUND = `
receivers: {otlp: {protocols: {grpc: }}}
exporters: {debug: }
service: {pipelines: {traces: {receivers: [otlp], processors: [tail_sampling], exporters: [debug]}}}
`;

/** The block in flow style behind `tail_sampling: `, in column 3 of line 2. */
function load(block: string) {
  const text = `processors:\n  tail_sampling: ${block}${AROUND}`;
  return loadConfig({ locations: ['c.yaml'], sets: [] }, registry, new ExampleEnvironment({ 'c.yaml': text }));
}

function problemsOf(block: string): readonly string[] {
  try {
    load(block);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n').map((line) => line.replace(/^c\.yaml:2:\d+ processors\.tail_sampling/, ''));
    throw error;
  }
  return [];
}

const ALL = '{name: all, type: always_sample}';

/** A block with one policy of this type and configuration. */
function policy(type: string, block: string): string {
  return `{policies: [{name: p, type: ${type}, ${type}: ${block}}]}`;
}

/** Text that a mark `¶` says where a problem has to be reported. */
function expectAt(marked: string, problem: string): void {
  const column = '  tail_sampling: '.length + marked.indexOf('¶') + 1;
  try {
    load(marked.replace('¶', ''));
  } catch (error) {
    expect((error as Error).message).toMatch(new RegExp(`^c\\.yaml:2:${column} processors\\.tail_sampling`));
    expect((error as Error).message).toContain(problem);
    return;
  }
  expect.fail(`no problem with ${marked}`);
}

describe('a right block', () => {
  test('of policies alone has the defaults', () => {
    expect(load(`{policies: [${ALL}]}`).processors.get('tail_sampling')?.config).toMatchObject({
      decision_wait: 30_000,
      decision_wait_after_root_received: 0,
      decision_wait_after_idle: 0,
      num_traces: 50_000,
      maximum_trace_size_bytes: 0,
      block_on_overflow: false,
      sampling_strategy: 'trace-complete',
      sample_on_first_match: false,
      drop_pending_traces_on_shutdown: false,
      decision_cache: {},
      window: { max_spans: 20_000_000 },
    });
  });

  test.each([
    '{policies: [{name: a, type: always_sample, always_sample: }]}',
    policy('latency', '{threshold_ms: 5, upper_threshold_ms: 6}'),
    policy('latency', '{threshold_ms: 5, upper_threshold_ms: 5}'),
    policy('latency', '{}'),
    policy('rate_limiting', '{spans_per_second: 0}'),
    policy('string_attribute', '{values: [a]}'),
    policy('span_count', '{min_spans: 5, max_spans: 2}'),
    policy('and', '{and_sub_policy: [{type: always_sample}]}'),
    policy('probabilistic', '{sampling_percentage: 12.5, hash_salt: x}'),
    policy('probabilistic', '{sampling_percentage: 0}'),
    policy('rate_limiting', '{spans_per_second: 1}'),
    policy('string_attribute', '{key: k}'),
    policy('and', `{and_sub_policy: [${ALL}, {name: b, type: latency, latency: {threshold_ms: 1}}]}`),
    // As in the Collector, the block of another type has no effect.
    '{policies: [{name: a, type: always_sample, latency: {nonsense: 1}}]}',
    `{decision_wait: 1m30s, num_shards: 4, expected_new_traces_per_sec: 10, decision_cache: {sampled_cache_size: 0}, policies: [${ALL}]}`,
  ])('%s', (block) => {
    expect(problemsOf(block)).toEqual([]);
  });
});

describe('a mistake', () => {
  test.each([
    ['{¶policies: []}', '.policies: must have at least one policy'],
    [`{policies: [${ALL}, {name: ¶all, type: always_sample}]}`, '.policies[1].name: "all" is the name of policies[0] already'],
    ['{policies: [{name: ¶"", type: always_sample}]}', '.policies[0].name: must not be empty'],
    ['{policies: [¶{type: always_sample}]}', '.policies[0].name: is required'],
    ['{policies: [{name: a, type: ¶latencz}]}', '(did you mean "latency"?)'],
    ['{policies: [¶{name: a, type: latency}]}', '.policies[0].latency: is required'],
    ['{policies: [{name: a, type: probabilistic, ¶probabilistic: {}}]}', '.probabilistic.sampling_percentage: is required'],
    ['{policies: [{name: a, type: always_sample, ¶extra: 1}]}', 'unknown key "extra"'],
    [`{decision_wait: ¶10, policies: [${ALL}]}`, '.decision_wait: must be a duration with a unit'],
    [`{decision_wait: ¶-1s, policies: [${ALL}]}`, 'must not be negative'],
    [`{num_traces: ¶0, policies: [${ALL}]}`, '.num_traces: '],
    [`{num_traces: ¶1.5, policies: [${ALL}]}`, '.num_traces: '],
    [`{maximum_trace_size_bytes: ¶-1, policies: [${ALL}]}`, '.maximum_trace_size_bytes: '],
    [`{sample_on_first_match: ¶3, policies: [${ALL}]}`, '.sample_on_first_match: must be true or false'],
    [`{sampling_strategy: ¶trace, policies: [${ALL}]}`, '.sampling_strategy: '],
    [`{¶tail_storage: file, policies: [${ALL}]}`, 'window.max_bytes'],
    [`{window: {max_bytes: ¶100}, policies: [${ALL}]}`, '.window.max_bytes: must be 65536 (64 KiB) or more'],
    [`{window: {¶max_byte: 100}, policies: [${ALL}]}`, 'unknown key "max_byte" (did you mean "max_bytes"?)'],
    [`{decision_cache: {¶sampled_size: 1}, policies: [${ALL}]}`, 'unknown key "sampled_size"'],
    [`{decision_cache: {sampled_cache_size: ¶-1}, policies: [${ALL}]}`, '.decision_cache.sampled_cache_size: '],
  ])('in %s', (marked, problem) => {
    expectAt(marked, problem);
  });

  test.each([
    ['latency', '{threshold_ms: ¶-1}', '.latency.threshold_ms: '],
    ['latency', '{threshold_ms: 5, ¶treshold: 1}', 'unknown key "treshold"'],
    ['probabilistic', '{sampling_percentage: ¶ten}', '.probabilistic.sampling_percentage: must be a number'],
    ['status_code', '{¶status_codes: []}', '.status_code.status_codes: must name at least one of OK, ERROR, UNSET'],
    ['status_code', '{status_codes: [OK, ¶FAIL]}', '.status_code.status_codes[1]: must be one of OK, ERROR, UNSET'],
    ['string_attribute', '{key: k, values: [a, ¶"("], enabled_regex_matching: true}', '.string_attribute.values[1]: "(" is no regular expression'],
    ['string_attribute', '{key: k, values: [¶"a(?=b)"], enabled_regex_matching: true}', 'is no regular expression in RE2 syntax'],
    ['string_attribute', '{key: k, cache_max_size: ¶-1}', '.string_attribute.cache_max_size: '],
    ['rate_limiting', '{spans_per_second: ¶-1}', '.rate_limiting.spans_per_second: '],
    ['and', '{¶and_sub_policy: []}', '.and.and_sub_policy: must have at least one policy'],
    ['and', '{and_sub_policy: [{name: i, type: ¶and, and: {}}]}', '.and.and_sub_policy[0].type: a policy of type "and" cannot stand in'],
    ['and', '{and_sub_policy: [{name: i, type: latency, latency: {threshold_ms: ¶x}}]}', '.and.and_sub_policy[0].latency.threshold_ms: must be a number'],
  ])('in the block of %s: %s', (type, block, problem) => {
    expectAt(policy(type, block), `.policies[0]${problem.startsWith('.') ? problem : ''}`);
    expectAt(policy(type, block), problem);
  });

  test('is told of a block without policies at its key', () => {
    expect(() => load('{}')).toThrow(/^c\.yaml:2:3 processors\.tail_sampling\.policies: is required/);
  });

  test('never hides another', () => {
    expect(
      problemsOf(`{decision_wait: 5, policies: [{name: a, type: latency, latency: {threshold_ms: -1}}, {name: b, type: status_code, status_code: {status_codes: [X]}}]}`),
    ).toHaveLength(3);
  });
});
