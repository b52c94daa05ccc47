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
        ¶latency: {¶treshold_ms: 5}
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
