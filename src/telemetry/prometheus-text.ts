import type { Metric, RegistryContentType } from 'prom-client';
import { Registry } from 'prom-client';
import type { Labels, MetricDefinition } from '../component/meter.ts';
import { readNumbers, type Family, type HistogramSeries } from './metric-registry.ts';

export type MetricsFormat = 'prometheus' | 'openmetrics';

/** How metrics are called and labelled by one reader. */
export interface Naming {
  readonly withTypeSuffix: boolean;
  readonly withUnits: boolean;
  /** Labels that every series gets. */
  readonly constantLabels: Labels;
}

/** UCUM units as Prometheus writes them. https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/ */
const UNIT_SUFFIXES: Readonly<Record<string, string>> = { By: 'bytes', s: 'seconds', ms: 'milliseconds', us: 'microseconds', 'µs': 'microseconds' };

export function contentType(format: MetricsFormat): RegistryContentType {
  return format === 'openmetrics' ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE;
}

/** The current values of `families` as text. */
export async function metricsText(families: readonly Family[], naming: Naming, format: MetricsFormat): Promise<string> {
  const registry = new Registry<RegistryContentType>();
  registry.setContentType(contentType(format));
  registry.setDefaultLabels(naming.constantLabels);
  for (const family of families) {
    if (family.numbers.size + family.histograms.size + family.observed.size > 0) registry.registerMetric(published(family, naming, format));
  }
  return registry.metrics();
}

/** The name in the Prometheus text. */
export function publishedName(definition: MetricDefinition, naming: Pick<Naming, 'withTypeSuffix' | 'withUnits'>): string {
  const name = naming.withUnits ? withUnit(definition) : definition.name;
  const isSuffixed = definition.kind !== 'counter' || !naming.withTypeSuffix || name.endsWith('_total');
  return isSuffixed ? name : `${name}_total`;
}

function withUnit({ name, kind, unit }: MetricDefinition): string {
  const suffix = unit === '1' && kind === 'gauge' ? 'ratio' : UNIT_SUFFIXES[unit];
  return suffix === undefined || name.split('_').includes(suffix) ? name : `${name}_${suffix}`;
}

interface Sample {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/**
 * A family as the registry of prom-client reads it. Its own counters and histograms take values one by one and cannot be
 * given a state; the registry asks nothing of a metric but its name and, for each text, its values.
 */
function published(family: Family, naming: Naming, format: MetricsFormat): Metric {
  const { definition } = family;
  // In OpenMetrics the suffix belongs to the samples of a counter, and the registry writes it there.
  const name = publishedName(definition, format === 'openmetrics' ? { ...naming, withTypeSuffix: false } : naming);
  const metric = {
    name,
    type: definition.kind,
    help: helpOf(definition, name),
    get: () => Promise.resolve({ ...metric, values: samplesOf(family, name) }),
  };
  return metric as unknown as Metric;
}

function samplesOf(family: Family, name: string): readonly Sample[] {
  return [...readNumbers(family), ...[...family.histograms.values()].flatMap((series) => bucketSamples(series, name))];
}

function bucketSamples({ labels, bounds, counts, sum }: HistogramSeries, name: string): readonly Sample[] {
  let count = 0;
  const buckets = [...bounds, '+Inf'].map((le, i) => {
    count += counts[i] ?? 0;
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
  });
  return [...buckets, { metricName: `${name}_sum`, labels, value: sum }, { metricName: `${name}_count`, labels, value: count }];
}

/** With the unit where the name does not say it. */
function helpOf({ help, unit }: MetricDefinition, name: string): string {
  const suffix = UNIT_SUFFIXES[unit];
  return suffix === undefined || name.split('_').includes(suffix) ? help : `${help} (${suffix})`;
}
