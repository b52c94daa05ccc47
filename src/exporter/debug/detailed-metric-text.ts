import type { Exemplar, ExponentialBuckets, ExponentialHistogramDataPoint, HistogramDataPoint, KeyValue, Metric, NumberDataPoint, SummaryDataPoint } from './decoded.ts';
import { attributeLines, hex } from './detailed-lines.ts';
import { formatFixed, formatTimestamp } from './go-format.ts';

const TEMPORALITIES = ['Unspecified', 'Delta', 'Cumulative'];
const NO_BUCKETS: ExponentialBuckets = { offset: 0, bucketCounts: [] };

/** Descriptor and data points of one metric. */
export function metricLines(metric: Metric): readonly string[] {
  const { type, lines } = dataLines(metric);
  return [
    'Descriptor:',
    `     -> Name: ${metric.name}`,
    `     -> Description: ${metric.description}`,
    `     -> Unit: ${metric.unit}`,
    `     -> DataType: ${type}`,
    ...attributeLines('     -> Metadata', metric.metadata ?? []),
    ...lines,
  ];
}

function dataLines(metric: Metric): { readonly type: string; readonly lines: readonly string[] } {
  if (metric.gauge !== undefined) return { type: 'Gauge', lines: metric.gauge.dataPoints.flatMap(numberLines) };
  if (metric.sum !== undefined) {
    const { isMonotonic, aggregationTemporality, dataPoints } = metric.sum;
    const lines = [`     -> IsMonotonic: ${isMonotonic}`, temporalityLine(aggregationTemporality), ...dataPoints.flatMap(numberLines)];
    return { type: 'Sum', lines };
  }
  if (metric.histogram !== undefined) {
    const { aggregationTemporality, dataPoints } = metric.histogram;
    return { type: 'Histogram', lines: [temporalityLine(aggregationTemporality), ...dataPoints.flatMap(histogramLines)] };
  }
  if (metric.exponentialHistogram !== undefined) {
    const { aggregationTemporality, dataPoints } = metric.exponentialHistogram;
    return { type: 'ExponentialHistogram', lines: [temporalityLine(aggregationTemporality), ...dataPoints.flatMap(exponentialHistogramLines)] };
  }
  if (metric.summary !== undefined) return { type: 'Summary', lines: metric.summary.dataPoints.flatMap(summaryLines) };
  return { type: 'Empty', lines: [] };
}

function temporalityLine(temporality: number): string {
  return `     -> AggregationTemporality: ${TEMPORALITIES[temporality] ?? ''}`;
}

function numberLines(point: NumberDataPoint, i: number): readonly string[] {
  return [`NumberDataPoints #${i}`, ...pointLines(point), ...valueLines('', point), ...exemplarLines(point.exemplars)];
}

function histogramLines(point: HistogramDataPoint, i: number): readonly string[] {
  return [
    `HistogramDataPoints #${i}`,
    ...pointLines(point),
    ...distributionLines(point),
    ...point.explicitBounds.map((bound, j) => `ExplicitBounds #${j}: ${formatFixed(bound)}`),
    ...point.bucketCounts.map((count, j) => `Buckets #${j}, Count: ${count}`),
    ...exemplarLines(point.exemplars),
  ];
}

/** Bucket i of an offset o reaches from base^(o+i) to base^(o+i+1), base = 2^(2^-scale); written from the lowest value up. */
function exponentialHistogramLines(point: ExponentialHistogramDataPoint, i: number): readonly string[] {
  const { scale, zeroCount } = point;
  const negative = point.negative ?? NO_BUCKETS;
  const positive = point.positive ?? NO_BUCKETS;
  const factor = Math.LN2 * 2 ** -scale;
  const bound = (index: number): number => Math.exp(index * factor);
  const below = negative.bucketCounts.map((count, j) => {
    const index = negative.offset + j;
    return `Bucket [${formatFixed(-bound(index + 1))}, ${formatFixed(-bound(index))}), Count: ${count}`;
  });
  const above = positive.bucketCounts.map((count, j) => {
    const index = positive.offset + j;
    return `Bucket (${formatFixed(bound(index))}, ${formatFixed(bound(index + 1))}], Count: ${count}`;
  });
  return [
    `ExponentialHistogramDataPoints #${i}`,
    ...pointLines(point),
    ...distributionLines(point),
    ...below.toReversed(),
    ...(zeroCount === '0' ? [] : [`Bucket [0, 0], Count: ${zeroCount}`]),
    ...above,
    ...exemplarLines(point.exemplars),
  ];
}

function summaryLines(point: SummaryDataPoint, i: number): readonly string[] {
  return [
    `SummaryDataPoints #${i}`,
    ...pointLines(point),
    `Count: ${point.count}`,
    `Sum: ${formatFixed(point.sum)}`,
    ...point.quantileValues.map(({ quantile, value }, j) => `QuantileValue #${j}: Quantile ${formatFixed(quantile)}, Value ${formatFixed(value)}`),
  ];
}

function pointLines(point: { readonly attributes: readonly KeyValue[]; readonly startTimeUnixNano: string; readonly timeUnixNano: string }): readonly string[] {
  return [
    ...attributeLines('Data point attributes', point.attributes),
    `StartTimestamp: ${formatTimestamp(point.startTimeUnixNano)}`,
    `Timestamp: ${formatTimestamp(point.timeUnixNano)}`,
  ];
}

function distributionLines({ count, sum, min, max }: HistogramDataPoint | ExponentialHistogramDataPoint): readonly string[] {
  return [
    `Count: ${count}`,
    ...(sum === undefined ? [] : [`Sum: ${formatFixed(sum)}`]),
    ...(min === undefined ? [] : [`Min: ${formatFixed(min)}`]),
    ...(max === undefined ? [] : [`Max: ${formatFixed(max)}`]),
  ];
}

function exemplarLines(exemplars: readonly Exemplar[]): readonly string[] {
  if (exemplars.length === 0) return [];
  const lines = exemplars.flatMap((exemplar, i) => [
    `Exemplar #${i}`,
    `     -> Trace ID: ${hex(exemplar.traceId)}`,
    `     -> Span ID: ${hex(exemplar.spanId)}`,
    `     -> Timestamp: ${formatTimestamp(exemplar.timeUnixNano)}`,
    ...valueLines('     -> ', exemplar),
    ...attributeLines('     -> FilteredAttributes', exemplar.filteredAttributes),
  ]);
  return ['Exemplars:', ...lines];
}

function valueLines(indent: string, { asInt, asDouble }: { readonly asInt?: string; readonly asDouble?: number }): readonly string[] {
  if (asInt !== undefined) return [`${indent}Value: ${asInt}`];
  return asDouble === undefined ? [] : [`${indent}Value: ${formatFixed(asDouble)}`];
}
