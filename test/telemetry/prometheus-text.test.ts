import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { MetricDefinition } from '../../src/component/meter.ts';
import { MetricRegistry } from '../../src/telemetry/metric-registry.ts';
import type { Naming } from '../../src/telemetry/prometheus-text.ts';
import { contentType, metricsText, publishedName } from '../../src/telemetry/prometheus-text.ts';
import { parseExposition } from './exposition.ts';

const PLAIN: Naming = { withTypeSuffix: true, withUnits: false, constantLabels: {} };

const sent: MetricDefinition = { name: 'test_sent_spans', kind: 'counter', unit: '{spans}', help: 'Spans sent', labels: ['exporter'] };
const queue: MetricDefinition = { name: 'test_queue_size', kind: 'gauge', unit: '{batches}', help: 'Batches', labels: ['exporter'] };
const latency: MetricDefinition = { name: 'test_latency', kind: 'histogram', unit: 'ms', help: 'Latency', labels: ['exporter'], buckets: [1, 5, 10] };

describe('the metrics as text', () => {
  test('counters, gauges and histograms have the values that were given', async () => {
    const registry = new MetricRegistry();
    const counter = registry.counter(sent, { exporter: 'otlp' });
    counter.add(2);
    registry.counter(sent, { exporter: 'otlp' }).add(3);
    registry.counter(sent, { exporter: 'otlp/b' });
    registry.gauge(queue, { exporter: 'otlp' }).set(7);
    const histogram = registry.histogram(latency, { exporter: 'otlp' });
    for (const value of [0.5, 1, 4, 10, 11, 400]) histogram.record(value);

    const { samples, types } = parseExposition(await metricsText(registry.families, PLAIN, 'prometheus'));
    expect(types).toEqual({ test_sent_spans_total: 'counter', test_queue_size: 'gauge', test_latency: 'histogram' });
    expect(samples).toEqual({
      'test_sent_spans_total{exporter="otlp"}': 5,
      'test_sent_spans_total{exporter="otlp/b"}': 0,
      'test_queue_size{exporter="otlp"}': 7,
      'test_latency_bucket{exporter="otlp",le="1"}': 2,
      'test_latency_bucket{exporter="otlp",le="5"}': 3,
      'test_latency_bucket{exporter="otlp",le="10"}': 4,
      'test_latency_bucket{exporter="otlp",le="+Inf"}': 6,
      'test_latency_sum{exporter="otlp"}': 426.5,
      'test_latency_count{exporter="otlp"}': 6,
    });
  });

  test('two scrapes in different formats do not disturb each other', async () => {
    const registry = new MetricRegistry();
    registry.counter(sent, { exporter: 'a' }).add(1);
    const [plain, open, again] = await Promise.all([
      metricsText(registry.families, PLAIN, 'prometheus'),
      metricsText(registry.families, PLAIN, 'openmetrics'),
      metricsText(registry.families, PLAIN, 'prometheus'),
    ]);
    expect(again).toBe(plain);
    expect(plain).toContain('# TYPE test_sent_spans_total counter');
    expect(open).toContain('# TYPE test_sent_spans counter\ntest_sent_spans_total{exporter="a"} 1');
    expect(open.endsWith('# EOF\n')).toBe(true);
    expect(contentType('openmetrics')).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
  });

  test('what is observed is read at each scrape, summed over who registered it, and gone when all have left', async () => {
    const registry = new MetricRegistry();
    let size = 3;
    const end = registry.observe(queue, { exporter: 'a' }, () => size);
    const endOther = registry.observe(queue, { exporter: 'a' }, () => 10);
    const scrape = async (): Promise<object> => parseExposition(await metricsText(registry.families, PLAIN, 'prometheus')).samples;
    expect(await scrape()).toEqual({ 'test_queue_size{exporter="a"}': 13 });
    size = 4;
    expect(await scrape()).toEqual({ 'test_queue_size{exporter="a"}': 14 });
    end();
    expect(await scrape()).toEqual({ 'test_queue_size{exporter="a"}': 10 });
    endOther();
    expect(await scrape()).toEqual({});
  });

  test('series that come and go are those there are at each scrape, the same of several summed', async () => {
    const registry = new MetricRegistry();
    let sizes = [{ labels: { exporter: 'a' }, value: 3 }];
    const end = registry.observeAll(queue, () => sizes);
    registry.observeAll(queue, () => [{ labels: { exporter: 'a' }, value: 10 }]);
    registry.gauge(queue, { exporter: 'a' }).set(100);
    const scrape = async (): Promise<object> => parseExposition(await metricsText(registry.families, PLAIN, 'prometheus')).samples;
    expect(await scrape()).toEqual({ 'test_queue_size{exporter="a"}': 113 });
    sizes = [{ labels: { exporter: 'a "new"\nkind \\' }, value: 4 }];
    expect(await scrape()).toEqual({ 'test_queue_size{exporter="a"}': 110, 'test_queue_size{exporter="a \\"new\\"\\nkind \\\\"}': 4 });
    end();
    expect(await scrape()).toEqual({ 'test_queue_size{exporter="a"}': 110 });
  });

  test('series that come and go have the labels that are declared', async () => {
    const registry = new MetricRegistry();
    registry.observeAll(queue, () => [{ labels: { other: 'a' }, value: 1 }]);
    await expect(metricsText(registry.families, PLAIN, 'prometheus')).rejects.toThrow('test_queue_size: the label exporter is missing');
  });

  test.each([
    ['test_sent_spans', 'counter', '{spans}', 'test_sent_spans_total'],
    ['test_uptime', 'counter', 's', 'test_uptime_seconds_total'],
    ['test_cpu_seconds', 'counter', 's', 'test_cpu_seconds_total'],
    ['test_time_sum', 'counter', 'µs', 'test_time_sum_microseconds_total'],
    ['test_latency', 'histogram', 'ms', 'test_latency_milliseconds'],
    ['test_window_bytes', 'gauge', 'By', 'test_window_bytes'],
    ['test_rss', 'gauge', 'By', 'test_rss_bytes'],
    ['test_load', 'gauge', '1', 'test_load_ratio'],
    ['test_things', 'counter', '1', 'test_things_total'],
  ] as const)('%s, a %s in %s, with unit and type is %s', (name, kind, unit, expected) => {
    const definition: MetricDefinition = { name, kind, unit, help: 'x', labels: [] };
    expect(publishedName(definition, { withTypeSuffix: true, withUnits: true })).toBe(expected);
    expect(publishedName(definition, { withTypeSuffix: false, withUnits: false })).toBe(name);
  });

  test('labels and help are escaped, constant labels are added', async () => {
    const registry = new MetricRegistry();
    registry.gauge({ ...queue, help: 'a \\ b\nc' }, { exporter: 'a"b\\c\nd' }).set(1);
    const text = await metricsText(registry.families, { ...PLAIN, constantLabels: { service_name: 'x' } }, 'prometheus');
    expect(parseExposition(text).samples).toEqual({ 'test_queue_size{exporter="a\\"b\\\\c\\nd",service_name="x"}': 1 });
    expect(text).toContain('# HELP test_queue_size a \\\\ b\\nc\n');
  });

  test.each([
    ['a label is missing', {}, /test_sent_spans: the label exporter is missing/],
    ['a label is not declared', { exporter: 'a', more: 'b' }, /the label more is not declared/],
  ])('%s: a defect', (_, labels, message) => {
    expect(() => new MetricRegistry().counter(sent, labels)).toThrow(message);
  });

  test('one name declared in two ways is a defect; in one way by two components it is shared', () => {
    const registry = new MetricRegistry();
    registry.counter(sent, { exporter: 'a' });
    expect(() => registry.counter({ ...sent }, { exporter: 'b' })).not.toThrow();
    expect(() => registry.counter({ ...sent, help: 'Other' }, { exporter: 'b' })).toThrow(/test_sent_spans is declared twice/);
  });
});

const PROMTOOL = 'promtool';
const hasPromtool = spawnSync(PROMTOOL, ['--version']).error === undefined;
if (!hasPromtool) process.stderr.write('promtool is not here (Debian package "prometheus"): its check of the metrics is skipped\n');

describe.skipIf(!hasPromtool)('promtool', () => {
  test('finds nothing wrong', async () => {
    const { metricsOfAllComponents } = await import('./all-metrics.ts');
    const result = spawnSync(PROMTOOL, ['check', 'metrics'], { input: await metricsOfAllComponents(PLAIN), encoding: 'utf8' });
    expect(result.stderr + result.stdout).toBe('');
    expect(result.status).toBe(0);
  });
});
