import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../src/config/default.ts';
import { loadConfig } from '../../src/config/load.ts';
import { registry } from '../../src/service/registry.ts';
import { ExampleEnvironment } from './example-registry.ts';

const folder = new URL('../../config/', import.meta.url);
const examples = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

function load(text: string) {
  const environment = new ExampleEnvironment({ 'example.yaml': text });
  return { config: loadConfig({ locations: ['example.yaml'], sets: [] }, registry, environment), warnings: environment.warnings };
}

describe('the configurations that users start from', () => {
  test.each(examples)('%s is right, with nothing set in the environment', (name) => {
    const { config, warnings } = load(readFileSync(new URL(name, folder), 'utf8'));
    expect(config.pipelines.map(({ signal }) => signal)).toContain('traces');
    expect(warnings).toEqual([]);
  });

  test('all of them are looked at', () => {
    expect(examples).toEqual(expect.arrayContaining(['collector.yaml', 'gateway.yaml', 'sidecar.yaml', 'tailrace.yaml']));
  });

  test('the built-in one takes both protocols and has three policies', () => {
    const { config } = load(DEFAULT_CONFIG);
    expect(config.receivers.get('otlp')?.config).toMatchObject({
      protocols: { grpc: { endpoint: 'localhost:4317' }, http: { endpoint: 'localhost:4318' } },
    });
    expect(config.processors.get('tail_sampling')?.config).toMatchObject({
      policies: [{ type: 'status_code' }, { type: 'latency' }, { type: 'adaptive_throughput' }],
    });
    expect(config.pipelines[0]?.exporters).toEqual(['debug']);
  });
});
