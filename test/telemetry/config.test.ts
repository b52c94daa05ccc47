import { describe, expect, test } from 'vitest';
import { ConfigReader } from '../../src/config/config-reader.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { parseYaml } from '../../src/config/parse-yaml.ts';
import type { TelemetryConfig } from '../../src/telemetry/config.ts';
import { telemetryConfig } from '../../src/telemetry/config.ts';
import { sampledRatio } from '../../src/telemetry/traces-config.ts';

/** Reads a `service.telemetry` block as the service does. */
function read(yaml: string): { config: TelemetryConfig | undefined; problems: string[] } {
  const reader = new ConfigReader(parseYaml(yaml, 'config.yaml'));
  const config = reader.read([], telemetryConfig);
  return { config, problems: reader.problems.map(formatProblem) };
}

describe('service.telemetry', () => {
  test('nothing written is metrics at localhost:8888, a console log of level info, no traces', () => {
    const config = telemetryConfig.parse({});
    expect(config.metrics.readers).toHaveLength(1);
    expect(config.metrics.readers[0]?.pull.exporter.prometheus).toMatchObject({
      host: 'localhost',
      port: 8888,
      without_type_suffix: false,
      without_units: true,
    });
    expect(config.logs).toMatchObject({ level: 'info', encoding: 'console', output_paths: ['stderr'] });
    expect(config.traces.processors).toEqual([]);
  });

  test('a file as Collector users have it is read', () => {
    const { config, problems } = read(`
resource:
  deployment.environment: prod
  service.instance.id:
metrics:
  level: Detailed
  readers:
    - pull:
        exporter:
          prometheus:
            host: 0.0.0.0
            port: 9090
            without_type_suffix: true
logs:
  level: WARN
  encoding: json
  initial_fields: {cluster: eu}
  sampling: {enabled: false}
traces:
  processors:
    - batch:
        exporter:
          otlp:
            protocol: grpc/protobuf
            endpoint: https://backend:4317
            headers: [{name: x-key, value: 12}]
  sampler:
    parent_based:
      root:
        trace_id_ratio_based: {ratio: 0.01}
`);
    expect(problems).toEqual([]);
    expect(config?.metrics.level).toBe('detailed');
    expect(config?.metrics.readers[0]?.pull.exporter.prometheus).toMatchObject({ port: 9090, without_units: false });
    expect(config?.logs).toMatchObject({ level: 'warn', encoding: 'json', initial_fields: { cluster: 'eu' } });
    expect(config?.traces.processors[0]?.batch.exporter.otlp.headers).toEqual([{ name: 'x-key', value: '12' }]);
    expect(config?.resource).toEqual({ 'deployment.environment': 'prod', 'service.instance.id': null });
  });

  test.each([
    ['metrics: {address: "localhost:8888"}', /^config\.yaml:1:11 metrics: "address" was removed: write readers: .*port: 8888/],
    ['metrics: {readers: []}', /1:11 metrics\.readers: name a reader, or write level: none/],
    ['metrics: {readers: [{periodic: {}}]}', /metrics\.readers\[0\]: "periodic" is a key of the Collector that Tailrace does not support: metrics are not pushed/],
    ['metrics: {readers: [{pull: {exporter: {prometheus: {port: 70000}}}}]}', /prometheus\.port: must be at most 65535/],
    ['metrics: {level: verbose}', /metrics\.level: must be one of none, basic, normal, detailed, but is "verbose"/],
    ['logs: {levle: debug}', /logs: unknown key "levle" \(did you mean "level"\?\)/],
    ['logs: {encoding: xml}', /logs\.encoding: must be one of console, json/],
    ['traces: {processors: [{batch: {exporter: {otlp: {protocol: http/protobuf, endpoint: "x:1"}}}}]}', /otlp\.protocol: own traces are sent over gRPC only/],
    ['traces: {processors: [{simple: {}}]}', /traces\.processors\[0\]: "simple" is a key of the Collector .* own traces are sent with OTLP/],
    ['traces: {sampler: {trace_id_ratio_based: {ratio: 2}}}', /ratio: must be at most 1/],
    ['resource: {team: [a]}', /resource\.team/],
  ])('%s is refused', (yaml, expected) => {
    const { problems } = read(yaml);
    expect(problems.join('\n')).toMatch(expected);
  });

  test.each([
    ['', 1],
    ['{always_on: }', 1],
    ['{always_off: }', 0],
    ['{trace_id_ratio_based: {ratio: 0.25}}', 0.25],
    ['{parent_based: {root: {always_off: {}}}}', 0],
    ['{parent_based: {root: {trace_id_ratio_based: {ratio: 0.5}}}}', 0.5],
  ])('sampler %s records a part of %d', (sampler, ratio) => {
    const { config, problems } = read(`traces:\n  sampler: ${sampler}`);
    expect(problems).toEqual([]);
    expect(sampledRatio(config!.traces)).toBe(ratio);
  });
});
