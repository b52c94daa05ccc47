import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { registry } from '../../src/service/registry.ts';
import { ExampleEnvironment } from './example-registry.ts';

/** Mistakes in every section, marked where they are expected to be reported: the mark stands before the place. */
const MARKED = `
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: ¶localhost
      ¶htp:
processors:
  ¶memory_limiter:
    limit_mib: 100
  batch:
    timeout: ¶10
  tail_sampling:
    ¶tail_storage: file_storage
    decision_wait: ¶10 s
    sampling_strategy: ¶span-arrival
    policies:
      - name: slow
        type: latency
        latency: {¶treshold_ms: 5}
      - name: failed
        type: status_code
        status_code: {status_codes: [¶ERR]}
      - {name: both, type: and, and: {and_sub_policy: [{name: inner, type: ¶and, and: {}}]}}
      - {name: c, type: ¶latenci}
exporters:
  otlp:
    endpoint: localhost:4317
    ¶insecure: true
    sending_queue: {¶storage: file_storage, ¶que_size: 1, num_consumers: ¶0}
    tls: {insecure: ¶"yes"}
  ¶jaeger: {}
  logging: {¶loglevel: debug}
connectors: {¶spanmetrics: }
extensions: {¶zpages: , ¶memory_ballast: , health_check: {endpoint: ¶5}}
service:
  extensions: [¶zpages, ¶healthcheck]
  telemetry:
    metrics: {¶address: ":8888", level: ¶detail}
  pipelines:
    traces: {receivers: [otlp], processors: [tail_sampling], exporters: [otlp, ¶spanmetrics]}
    metrics: {receivers: [otlp], processors: [¶tail_sampling], exporters: [¶file]}
    ¶profiles: {receivers: [otlp], exporters: [otlp]}
`;

function problemsOf(text: string): readonly string[] {
  try {
    loadConfig({ locations: ['a.yaml'], sets: [] }, registry, new ExampleEnvironment({ 'a.yaml': text }));
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('the components there are', () => {
  const problems = problemsOf(MARKED.replaceAll('¶', ''));

  test('have every mistake reported at its place, all together and nothing else', () => {
    const expected = MARKED.split('\n').flatMap((line, index) =>
      line.split('¶').slice(0, -1).map((_, mark, parts) => `a.yaml:${index + 1}:${parts.slice(0, mark + 1).join('').length + 1}`),
    );
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual(expected);
  });

  test.each([
    'processors.memory_limiter.check_interval: is required',
    'processors.tail_sampling.policies[0].latency: unknown key "treshold_ms" (did you mean "threshold_ms"?)',
    'processors.tail_sampling.policies[3].type: must be one of',
    'exporters.otlp: "insecure" was removed: write tls: {insecure: true}',
    'exporters.otlp.sending_queue: unknown key "que_size" (did you mean "queue_size"?)',
    'extensions: "memory_ballast" was removed from the Collector',
    'service.telemetry.metrics: "address" was removed: write readers: [{pull: {exporter: {prometheus: {host: localhost, port: 8888}}}}]',
    'service.pipelines.traces.exporters[1]: "spanmetrics" is a connector, and Tailrace has none yet',
    'service.pipelines.metrics.processors[0]: processor "tail_sampling" does not take metrics, only traces',
  ])('%s', (expected) => {
    expect(problems).toContainEqual(expect.stringContaining(expected));
  });

  test('take what is written nothing behind', () => {
    const text = `
receivers: {otlp: {protocols: {grpc: , http: }}}
processors: {batch: }
exporters: {debug: , otlp: {endpoint: "b:1", headers: , sending_queue: {batch: }, retry_on_failure: , timeout: }}
extensions: {health_check: }
service:
  extensions: [health_check]
  telemetry:
  pipelines: {traces: {receivers: [otlp], processors: [batch], exporters: [debug, otlp]}}
`;
    expect(problemsOf(text)).toEqual([]);
  });
});

describe('mistakes that take two keys to see are reported beside others in their block', () => {
  test.each([
    ['batch', '{send_batch_size: 20, send_batch_max_size: 10, timeout: soon}', ['processors.batch.send_batch_max_size: 10 is below', 'processors.batch.timeout: "soon"']],
    [
      'memory_limiter',
      '{check_interval: 0s, limit_mib: 1, spike_limit_mib: 2, limit_percentage: 101}',
      ['processors.memory_limiter.check_interval: must be greater', 'processors.memory_limiter.spike_limit_mib: 2 must', 'processors.memory_limiter.limit_percentage: must be at most 100'],
    ],
    [
      'tail_sampling',
      '{sampling_strategy: span-ingest, policies: [{name: a, type: latenzy}, {name: a, type: numeric_attribute, numeric_attribute: {key: 5, min_value: 2, max_value: 1}}, {name: a, type: latency, latency: {upper_threshold_ms: 9}}]}',
      [
        'processors.tail_sampling.policies[0].type: must be one of',
        'processors.tail_sampling.policies[1].name: "a" is the name of policies[0] already',
        'processors.tail_sampling.policies[1].numeric_attribute.key: must be a string',
        'processors.tail_sampling.policies[1].numeric_attribute.min_value: must not be above',
        'processors.tail_sampling.policies[2]: policy "a" of type "latency" needs whole traces',
        'processors.tail_sampling.policies[2].name: "a" is the name of policies[0] already',
      ],
    ],
    [
      'tail_sampling',
      `{policies: [
        {name: c, type: composite, composite: {max_total_spans_per_second: 0, policy_order: [y], composite_sub_policy: [{name: x, type: latency, latency: 5}], rate_allocation: [{policy: x, percent: 60}, {policy: x, percent: 50}]}},
        {name: s, type: string_attribute, string_attribute: {key: 5, values: ["(", 5], enabled_regex_matching: true}},
        {name: o, type: ottl_condition, ottl_condition: {error_mode: loud, span: ["1 =="]}}]}`,
      [
        'processors.tail_sampling.policies[0].composite.max_total_spans_per_second: must be at least 1',
        'processors.tail_sampling.policies[0].composite.policy_order[0]: no policy "y" in composite_sub_policy; there are x',
        'processors.tail_sampling.policies[0].composite.composite_sub_policy[0].latency: must be a map',
        'processors.tail_sampling.policies[0].composite.rate_allocation: gives away 110 per cent',
        'processors.tail_sampling.policies[1].string_attribute.key: must be a string',
        'processors.tail_sampling.policies[1].string_attribute.values[0]: "(" is no regular expression',
        'processors.tail_sampling.policies[1].string_attribute.values[1]: must be a string',
        'processors.tail_sampling.policies[2].ottl_condition.error_mode: must be one of',
        'processors.tail_sampling.policies[2].ottl_condition.span[0]: column',
      ],
    ],
  ])('%s: %s', (id, block, expected) => {
    const found = problemsOf(`processors:\n  ${id}: ${block}\n`).filter((problem) => problem.includes(' processors.'));
    expect(found.map((problem) => problem.replace(/^\S+ /, ''))).toEqual(expected.map((start) => expect.stringMatching(startsWith(start))));
  });

  test.each([
    ['otlp', '{endpoint: 5, tls: {cert_file: a, insecure: x}, sending_queue: {num_consumers: 0, queue_size: 5, sizer: items, batch: {min_size: 10, max_size: 9, flush_timeout: 0s}}}', [
      'exporters.otlp.endpoint: must be a string',
      'exporters.otlp.tls: a certificate alone is of no use: write key_file too',
      'exporters.otlp.tls.insecure: must be true or false',
      'exporters.otlp.sending_queue.num_consumers: must be at least 1',
      'exporters.otlp.sending_queue.batch.max_size: 9 is less than min_size 10',
      'exporters.otlp.sending_queue.batch.flush_timeout: must be more than 0',
    ]],
    ['otlphttp', '{encoding: xml}', ['exporters.otlphttp: write endpoint, or', 'exporters.otlphttp.encoding: must be one of']],
    ['file', '{append: true, rotation: {}, format: xml}', ['exporters.file.append: cannot be combined', 'exporters.file.path: is required', 'exporters.file.format: must be one of']],
  ])('%s: %s', (id, block, expected) => {
    const found = problemsOf(`exporters:\n  ${id}: ${block}\n`).filter((problem) => problem.includes(' exporters.'));
    const byText = found.map((problem) => problem.replace(/^\S+ /, '')).toSorted();
    expect(byText).toEqual(expected.toSorted().map((start) => expect.stringMatching(startsWith(start))));
  });
});

test('who writes a key in place of a required one does not miss that', () => {
  const found = problemsOf('service: {telemetry: {metrics: {readers: [{periodic: {}}, {}]}}}').filter((problem) => problem.includes('readers'));
  expect(found.map((problem) => problem.replace(/^\S+ /, ''))).toEqual([
    expect.stringMatching(startsWith('service.telemetry.metrics.readers[0]: "periodic" is a key of the Collector that')),
    'service.telemetry.metrics.readers[1].pull: is required',
  ]);
});

function startsWith(text: string): RegExp {
  return new RegExp(`^${text.replaceAll(/[[\]().]/g, String.raw`\$&`)}`);
}
