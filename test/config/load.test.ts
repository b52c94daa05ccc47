import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { ExampleEnvironment, exampleRegistry } from './example-registry.ts';

const PIPELINE = `
service:
  pipelines:
    traces: {receivers: [otlp], processors: [batch], exporters: [otlp]}
`;
const BASE = `receivers:
  otlp: {protocols: {grpc: }}
processors:
  batch:
exporters:
  otlp: {endpoint: "backend:4317"}
${PIPELINE}`;

function load(files: Readonly<Record<string, string>>, variables: Readonly<Record<string, string>> = {}, sets: readonly string[] = []) {
  const environment = new ExampleEnvironment(files, variables);
  const config = loadConfig({ locations: Object.keys(files), sets }, exampleRegistry, environment);
  return { config, warnings: environment.warnings };
}

function problems(text: string, variables: Readonly<Record<string, string>> = {}): readonly string[] {
  return problemsIn({ 'a.yaml': text }, variables);
}

function problemsIn(...sources: Parameters<typeof load>): readonly string[] {
  try {
    load(...sources);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('a right configuration', () => {
  test('has components by id, with defaults, and pipelines', () => {
    const { config } = load({ 'a.yaml': BASE });
    expect(config.receivers.get('otlp')?.config).toEqual({ protocols: { grpc: { endpoint: 'localhost:4317' } } });
    expect(config.processors.get('batch')?.config).toEqual({ timeout: 200, send_batch_size: 8192 });
    expect(config.pipelines).toEqual([{ id: 'traces', signal: 'traces', receivers: ['otlp'], processors: ['batch'], exporters: ['otlp'] }]);
    expect(config.telemetry).toEqual({ logs: { level: 'info' } });
    expect(config.shutdownTimeoutMs).toBe(30_000);
  });

  test('takes several instances of a type, and aliases', () => {
    const { config } = load({ 'a.yaml': BASE, 'b.yaml': 'exporters: {otlp_grpc/second: {endpoint: "b:1"}}' });
    expect(config.exporters.get('otlp_grpc/second')?.type.type).toBe('otlp');
  });

  test('starts only the extensions that the service names, in its order', () => {
    const { config } = load({
      'a.yaml': `${BASE}  extensions: [health_check/b, health_check/a]\nextensions: {health_check/a: , health_check/b: , health_check/c: }`,
    });
    expect([...config.extensions.keys()]).toEqual(['health_check/b', 'health_check/a']);
  });

  test('reads merge keys, aliases and grouped digits', () => {
    const instances = `processors:
  batch: &base {timeout: 1s, send_batch_size: 10_000}
  batch/2: {<<: *base, timeout: 2s}
  batch/3: *base
`;
    const { config } = load({ 'a.yaml': BASE.replace('processors:\n  batch:\n', instances) });
    expect(config.processors.get('batch/2')?.config).toEqual({ timeout: 2000, send_batch_size: 10_000 });
    expect(config.processors.get('batch/3')?.config).toEqual({ timeout: 1000, send_batch_size: 10_000 });
  });
});

describe('merging', () => {
  test('joins maps, replaces lists, and the later wins', () => {
    const { config } = load({
      'a.yaml': BASE,
      'b.yaml': `
processors: {batch: {timeout: 1s}, batch/b: {}}
service: {pipelines: {traces: {processors: [batch/b]}}}
`,
      'c.yaml': 'processors: {batch: {send_batch_size: 7}}',
    });
    expect(config.processors.get('batch')?.config).toEqual({ timeout: 1000, send_batch_size: 7 });
    expect(config.pipelines[0]?.processors).toEqual(['batch/b']);
    expect(config.pipelines[0]?.receivers).toEqual(['otlp']);
  });

  test('an empty file changes nothing', () => {
    expect(load({ 'a.yaml': BASE, 'b.yaml': '# nothing yet\n' }).config.pipelines).toHaveLength(1);
  });

  test('an error names the file that the value came from', () => {
    expect(() => load({ 'a.yaml': BASE, 'b.yaml': '\nprocessors:\n  batch: {timeout: soon}' })).toThrow(
      /^b\.yaml:3:20 processors\.batch\.timeout: "soon" is no duration/,
    );
  });

  test.each([
    ['processors.batch.timeout=3s', 3000],
    ['processors::batch::timeout=3s', 3000],
    ['processors.batch.timeout=${env:WAIT}', 4000],
  ])('--set %s', (set, expected) => {
    expect(load({ 'a.yaml': BASE }, { WAIT: '4s' }, [set]).config.processors.get('batch')?.config).toMatchObject({ timeout: expected });
  });

  test.each([
    ['processors.batch.timeout=soon', '--set processors.batch.timeout: "soon" is no duration: write it with a unit, as 500ms, 10s or 1h30m'],
    ['processors.batch.timeout=${no:y}', '--set processors.batch.timeout: ${no:y}: nothing can be read from "no:"; env, file and yaml are known, and $$ writes a dollar'],
    ['processors.batch.timeout="5s', '--set processors.batch.timeout: the value is no YAML: Missing closing "quote'],
    ['processors.batch.timout=5s', '--set processors.batch: unknown key "timout" (did you mean "timeout"?)'],
    ['processors.batch', '--set: "processors.batch" must be key=value, as processors.batch.timeout=2s'],
  ])('--set %s is refused', (set, expected) => {
    expect(problemsIn({ 'a.yaml': BASE }, {}, [set])).toEqual([expected]);
  });

  test('what is wrong in the YAML of several files and in --set is reported together', () => {
    expect(problemsIn({ 'a.yaml': 'a: "', 'b.yaml': 'b: [' }, {}, ['x'])).toEqual([
      expect.stringMatching(/^a\.yaml:1:5: /),
      expect.stringMatching(/^b\.yaml:1:5: /),
      expect.stringMatching(/^--set: "x"/),
    ]);
  });

  test('a key with :: is a path, in a file too', () => {
    const { config } = load({ 'a.yaml': `${BASE}processors::batch::timeout: 5s\n` });
    expect(config.processors.get('batch')?.config).toMatchObject({ timeout: 5000 });
  });
});

describe('substitution', () => {
  const exporter = (fields: string): string => BASE.replace('endpoint: "backend:4317"', () => fields);

  test.each([
    ['a number where a number is meant', 'endpoint: x, num_consumers: "${env:N}"', { N: '12' }, { num_consumers: 12 }],
    ['the text where a string is meant', 'endpoint: "${N}"', { N: '0123' }, { endpoint: '0123' }],
    ['the text even where YAML sees a map', 'endpoint: "${N}"', { N: 'a: b' }, { endpoint: 'a: b' }],
    ['a secret that looks like a number', 'endpoint: x, headers: {key: "${N}"}', { N: '1e3' }, { headers: { key: '1e3' } }],
    ['within a text', 'endpoint: "https://${HOST}:${env:PORT}/x"', { HOST: 'h', PORT: '1' }, { endpoint: 'https://h:1/x' }],
    ['a default', 'endpoint: "${env:NONE:-fallback:1}"', {}, { endpoint: 'fallback:1' }],
    ['a default in the short form', 'endpoint: "${NONE:-fallback}"', {}, { endpoint: 'fallback' }],
    ['an empty default', 'endpoint: "${env:NONE:-}"', {}, { endpoint: '' }],
    ['an expression as default', 'endpoint: "${env:NONE:-${env:OTHER}}"', { OTHER: 'o' }, { endpoint: 'o' }],
    ['a name made by an expression', 'endpoint: "${env:${WHICH}}"', { WHICH: 'OTHER', OTHER: 'o' }, { endpoint: 'o' }],
    ['an expression in a variable', 'endpoint: "${A}"', { A: 'x-${B}', B: 'b' }, { endpoint: 'x-b' }],
    ['a dollar', 'endpoint: "$${A}-$$-$B-$"', { A: 'a' }, { endpoint: '${A}-$-$B-$' }],
    ['a dollar before an expression', 'endpoint: "$$${A}"', { A: 'a' }, { endpoint: '$a' }],
    ['a map', 'endpoint: x, tls: "${TLS}"', { TLS: '{insecure: true}' }, { tls: { insecure: true } }],
    ['nothing, which is the default', 'endpoint: x, num_consumers: "${NONE}"', {}, { num_consumers: 10 }],
  ])('%s', (_name, fields, variables, expected) => {
    expect(load({ 'a.yaml': exporter(fields) }, variables).config.exporters.get('otlp')?.config).toMatchObject(expected);
  });

  test('a variable that is not set is named in a warning', () => {
    const { warnings } = load({ 'a.yaml': exporter('endpoint: x,\n    num_consumers: "${NONE}"') });
    expect(warnings).toEqual(['a.yaml:7:20 exporters.otlp.num_consumers: the environment variable NONE is not set; its value is taken as empty']);
  });

  test('a file within a file keeps its own positions', () => {
    const environment = new ExampleEnvironment({ 'a.yaml': exporter('endpoint: x, tls: "${file:tls.yaml}"'), 'tls.yaml': '\ninsecure: yess' });
    expect(() => loadConfig({ locations: ['a.yaml'], sets: [] }, exampleRegistry, environment)).toThrow(
      'tls.yaml:2:11 exporters.otlp.tls.insecure: must be true or false, but is "yess"',
    );
  });

  test('a file that leads back to itself is refused', () => {
    const environment = new ExampleEnvironment({ 'a.yaml': exporter('endpoint: x, tls: "${file:tls.yaml}"'), 'tls.yaml': 'ca_file: "${file:tls.yaml}"' });
    expect(() => loadConfig({ locations: ['a.yaml'], sets: [] }, exampleRegistry, environment)).toThrow(
      'tls.yaml:1:10: ${file:tls.yaml} has no end: an expression leads back to itself',
    );
  });

  test.each([
    ['${1}', /^a\.yaml:6:20 exporters\.otlp\.endpoint: "1" is no name of an environment variable .* write \$\$\{1\}/],
    ['${vault:x}', /^a\.yaml:6:20 exporters\.otlp\.endpoint: \$\{vault:x\}: nothing can be read from "vault:"/],
    ['${LOOP}', /^a\.yaml:6:20: \$\{LOOP\} has no end/],
  ])('%s is refused', (expression, expected) => {
    expect(problems(exporter(`endpoint: "${expression}"`), { LOOP: '${LOOP}' })[0]).toMatch(expected);
  });

  test('an expression that has no meaning hides no other mistake and makes none', () => {
    const found = problems(`
receivers: "\${no:receivers}"
processors:
  batch: {timeout: "\${no:timeout}", send_batch_size: -1}
  tail_sampling: {policies: ["\${no:policy}", {name: "\${1}", type: "\${no:type}"}], num_traces: x}
exporters:
  otlp: {endpoint: 5, tls: "\${no:tls}"}
service:
  pipelines:
    traces: {receivers: [otlp], processors: [batch, "\${no:processor}"], exporters: "\${no:exporters}"}
    traces/2: "\${no:pipeline}"
`);
    expect(found.map((line) => line.replace(/:\d+ (\S+): .*/, ' $1'))).toEqual([
      'a.yaml:2 receivers',
      'a.yaml:4 processors.batch.timeout',
      'a.yaml:4 processors.batch.send_batch_size',
      'a.yaml:5 processors.tail_sampling.policies[0]',
      'a.yaml:5 processors.tail_sampling.policies[1].name',
      'a.yaml:5 processors.tail_sampling.policies[1].type',
      'a.yaml:5 processors.tail_sampling.num_traces',
      'a.yaml:7 exporters.otlp.endpoint',
      'a.yaml:7 exporters.otlp.tls',
      'a.yaml:10 service.pipelines.traces.processors[1]',
      'a.yaml:10 service.pipelines.traces.exporters',
      'a.yaml:11 service.pipelines.traces/2',
    ]);
  });

  test.each(['', 'service: "${no:y}"', 'service: {pipelines: "${no:y}"}', '"${no:y}"'])('what an expression without meaning stands for is not missing: %s', (text) => {
    expect(problems(text)).toHaveLength(1);
  });

  test('what a variable holds is not shown', () => {
    const [line] = problems(exporter('endpoint: x, num_consumers: "${KEY}"'), { KEY: 'hunter2' });
    expect(line).toContain('must be a number, but is ${KEY}');
    expect(line).not.toContain('hunter2');
  });
});

describe('a mistake', () => {
  test.each([
    ['YAML', 'receivers: "otlp', /^a\.yaml:1:17: Missing closing/],
    ['duplicate key', `${BASE}processors: {}\n`, 'a.yaml:11:1: "processors" is already in this map, in line 3'],
    ['unknown section', `${BASE}procesors: {}\n`, 'a.yaml:11:1: unknown key "procesors" (did you mean "processors"?)'],
    ['unknown type', `${BASE}extensions: {healthcheck: }\n`, 'a.yaml:11:14 extensions: Tailrace has no extension of type "healthcheck" (did you mean "health_check"?); it has health_check'],
    ['type of another kind', `${BASE}extensions: {batch: }\n`, 'a.yaml:11:14 extensions: "batch" is a processor: it belongs under "processors"'],
    ['connector', `${BASE}connectors: {spanmetrics: }\n`, 'a.yaml:11:14 connectors: Tailrace has no connector of type "spanmetrics", nor any other yet'],
    ['id', `${BASE}extensions: {health_check/: }\n`, 'a.yaml:11:14 extensions: "health_check/" is no id of a component: write its type, or type/name'],
  ])('%s', (_name, text, expected) => {
    expect(problems(text)).toEqual([typeof expected === 'string' ? expected : expect.stringMatching(expected)]);
  });

  test.each([
    ['receivers', 'receivers:\n  otlp/x:\n    protocols:\n      grpc:\n        endpoint: 4317', ':5:19 receivers.otlp/x.protocols.grpc.endpoint: must be a string, but is 4317; write it in quotes to make it a string'],
    ['receivers', 'receivers:\n  otlp/x:\n    protocols:\n      grpc:\n        endpoint: nowhere', ':5:19 receivers.otlp/x.protocols.grpc.endpoint: must be host:port, as localhost:4317'],
    ['missing block', 'receivers:\n  otlp/x: {}', ':2:3 receivers.otlp/x.protocols: is required'],
    ['processors', 'processors:\n  batch/x:\n    send_batch_size: -1', ':3:22 processors.batch/x.send_batch_size: must be at least 0'],
    ['processors', 'processors:\n  batch/x:\n    timout: 1s', ':3:5 processors.batch/x: unknown key "timout" (did you mean "timeout"?)'],
    ['processors', 'processors:\n  batch/x: 12', ':2:12 processors.batch/x: must be a map, but is 12'],
    ['bare number as duration', 'processors:\n  batch/x: {timeout: 5}', ':2:22 processors.batch/x.timeout: must be a duration with a unit, as 500ms, 10s or 1h30m'],
    ['policy type', 'processors:\n  tail_sampling:\n    policies:\n      - {name: a, type: latenzy}', ':4:25 processors.tail_sampling.policies[0].type: must be one of latency, always_sample, but is "latenzy" (did you mean "latency"?)'],
    ['policy key', 'processors:\n  tail_sampling:\n    policies:\n      - name: a\n        type: latency\n        latency: {treshold_ms: 5}', [':6:9 processors.tail_sampling.policies[0].latency.threshold_ms: is required', ':6:19 processors.tail_sampling.policies[0].latency: unknown key "treshold_ms" (did you mean "threshold_ms"?)']],
    ['policy block of another type', 'processors:\n  tail_sampling:\n    policies:\n      - name: a\n        type: always_sample\n        latency: {threshold_ms: 5}', ':6:9 processors.tail_sampling.policies[0]: unknown key "latency"; known here: always_sample, name, type'],
    ['no policies', 'processors:\n  tail_sampling:\n    policies: []', ':3:5 processors.tail_sampling.policies: must have at least 1 entries'],
    ['key not supported', 'processors:\n  tail_sampling:\n    tail_storage: x\n    policies: [{name: a, type: always_sample}]', ':3:5 processors.tail_sampling: "tail_storage" is a key of the Collector that Tailrace does not support: use window'],
    ['exporters', 'exporters:\n  otlp/x:\n    endpoint: a\n    insecure: true', ':4:5 exporters.otlp/x: "insecure" was removed: write tls: {insecure: true}'],
    ['choice', 'exporters:\n  otlp/x:\n    endpoint: a\n    compression: gzp', ':4:18 exporters.otlp/x.compression: must be one of gzip, none, but is "gzp" (did you mean "gzip"?)'],
    ['header', 'exporters:\n  otlp/x:\n    endpoint: a\n    headers: {k: [1]}', ':4:15 exporters.otlp/x.headers.k: must be a string or a number or true or false, but is a list'],
    ['extensions', 'extensions:\n  health_check: {endpont: "a:1"}', ':2:18 extensions.health_check: unknown key "endpont" (did you mean "endpoint"?)'],
  ])('in %s: %s', (_name, text, expected) => {
    const found = problems(`${text}\n`).filter((line) => !line.includes('at least one pipeline'));
    expect(found).toEqual((typeof expected === 'string' ? [expected] : expected).map((line) => `a.yaml${line}`));
  });

  const service = (text: string): string => BASE.replace(PIPELINE, `\nservice:\n${text}\n`);
  test.each([
    ['a list', '  - pipelines', ':8:1 service: must be a map'],
    ['no map of pipelines', '  pipelines: [traces]', ':9:3 service.pipelines: must be a map'],
    ['no pipelines', '  extensions: []', ':8:1 service.pipelines: at least one pipeline is required, as traces: {receivers: [otlp], exporters: [debug]}'],
    ['unknown key', '  pipelines: {traces: {receivers: [otlp], exporters: [otlp]}}\n  telemtry: {}', ':10:3 service: unknown key "telemtry" (did you mean "telemetry"?)'],
    ['signal', '  pipelines:\n    trace: {receivers: [otlp], exporters: [otlp]}', ':10:5 service.pipelines: "trace" is no pipeline: its id is traces, metrics or logs, or one of them with /name (did you mean "traces"?)'],
    ['nothing to receive from', '  pipelines:\n    traces: {receivers: [], exporters: [otlp]}', ':10:14 service.pipelines.traces.receivers: must name at least one receiver'],
    ['nothing to export to', '  pipelines:\n    traces: {receivers: [otlp]}', ':10:5 service.pipelines.traces.exporters: is required'],
    ['not defined', '  pipelines:\n    traces: {receivers: [otlp], exporters: [otpl]}', ':10:45 service.pipelines.traces.exporters[0]: exporter "otpl" is not defined under "exporters" (did you mean "otlp"?)'],
    ['wrong kind', '  pipelines:\n    traces: {receivers: [otlp], exporters: [batch]}', ':10:45 service.pipelines.traces.exporters[0]: "batch" is a processor, not an exporter'],
    ['twice', '  pipelines:\n    traces: {receivers: [otlp], processors: [batch, batch], exporters: [otlp]}', ':10:53 service.pipelines.traces.processors[1]: processor "batch" is already in this list'],
    ['signal not taken', '  pipelines:\n    logs: {receivers: [otlp], exporters: [otlp]}', ':10:24 service.pipelines.logs.receivers[0]: receiver "otlp" does not take logs, only traces and metrics'],
    ['extension', '  pipelines: {traces: {receivers: [otlp], exporters: [otlp]}}\n  extensions: [health_check]', ':10:16 service.extensions[0]: extension "health_check" is not defined under "extensions"'],
    ['telemetry', '  pipelines: {traces: {receivers: [otlp], exporters: [otlp]}}\n  telemetry: {logs: {level: loud}}', ':10:29 service.telemetry.logs.level: must be one of debug, info, but is "loud"'],
    ['shutdown timeout', '  pipelines: {traces: {receivers: [otlp], exporters: [otlp]}}\n  shutdown_timeout: 30', ':10:21 service.shutdown_timeout: must be a duration with a unit, as 500ms, 10s or 1h30m'],
  ])('in service: %s', (_name, text, expected) => {
    expect(problems(service(text))).toEqual([`a.yaml${expected}`]);
  });

  test('never comes alone where there are more, in the order of the file', () => {
    const found = problems(`
receivers:
  otlp: {protocols: {grpc: {endpoint: 1}}}
exporters:
  otlp: {endpont: "backend:4317"}
  jaeger: {}
service:
  pipelines:
    traces: {receivers: [otlp, zipkin], exporters: [otlp, jaeger]}
`);
    expect(found.map((line) => line.split(' ')[0])).toEqual([
      'a.yaml:3:39', 'a.yaml:5:3', 'a.yaml:5:10', 'a.yaml:6:3', 'a.yaml:9:32', 'a.yaml:9:59',
    ]);
  });

  const indented = (columns: number): string => BASE.replaceAll(/^(?=.)/gm, ' '.repeat(columns));
  const instead = (path: string): string => `give what stands under "${path}", in a file of its own`;
  test.each([
    ['Helm values', `mode: deployment\nservice: {type: ClusterIP}\nconfig:\n${indented(2)}`, `:3:1: this holds a configuration, as Helm values do, and is none itself: ${instead('config')}`],
    ['Helm values that change a part', 'mode: daemonset\nconfig:\n  exporters: {debug: }', `:2:1: this holds a configuration, as Helm values do, and is none itself: ${instead('config')}`],
    ['Helm values of a chart around it', `collector:\n  config:\n${indented(4)}`, `:2:3: this holds a configuration, as Helm values do, and is none itself: ${instead('collector.config')}`],
    ['a ConfigMap', `apiVersion: v1\nkind: ConfigMap\ndata:\n  relay: |\n${indented(4)}`, `:4:3: this is a Kubernetes resource, ConfigMap: ${instead('data.relay')}`],
    ["the operator's resource", `apiVersion: opentelemetry.io/v1beta1\nkind: OpenTelemetryCollector\nspec:\n  config:\n${indented(4)}`, `:4:3: this is a Kubernetes resource, OpenTelemetryCollector: ${instead('spec.config')}`],
    ['a resource without any', 'apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: 1}', ':1:1: this is a Kubernetes resource, Deployment, and no configuration'],
  ])('%s in place of a configuration', (_name, text, expected) => {
    expect(problems(text)).toEqual([`a.yaml${expected}`]);
  });

  test('a file with a part of a configuration is none of these', () => {
    const telemetry = 'service: {telemetry: {logs: {level: debug}}}';
    expect(load({ 'a.yaml': BASE, 'b.yaml': telemetry }).config.telemetry).toEqual({ logs: { level: 'debug' } });
  });

  test('an alias bomb ends in an error', () => {
    const levels = Array.from({ length: 12 }, (_, i) => `l${i}: &l${i} [${Array(10).fill(i === 0 ? 'x' : `*l${i - 1}`).join(', ')}]`);
    expect(problems(levels.join('\n'))).toEqual([expect.stringContaining('too many aliases or too deeply nested')]);
  });
});
