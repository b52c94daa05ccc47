import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import type { ExponentialHistogramDataPoint, HistogramDataPoint, KeyValue, LogRecord, Metric, NumberDataPoint, ResourceGroup, Scope, Span, SummaryDataPoint } from './decoded.ts';
import { decodeLogs, decodeMetrics, decodeTraces } from './decoded.ts';
import { formatFixed, formatShortest } from './go-format.ts';
import { valueText } from './value-text.ts';

/**
 * `verbosity: normal`: about one line an item, as the Collector's debug exporter writes it. Each line ends with a line feed.
 *
 * @throws Error when the bytes are no such message
 */
export function normalText({ signal, bytes }: ExportRequest): string {
  switch (signal) {
    case 'traces':
      return groupLines(decodeTraces(bytes), 'ResourceTraces', 'ScopeTraces', spanLines);
    case 'metrics':
      return groupLines(decodeMetrics(bytes), 'ResourceMetrics', 'ScopeMetrics', metricLines);
    case 'logs':
      return groupLines(decodeLogs(bytes), 'ResourceLog', 'ScopeLog', logLines);
  }
}

function groupLines<Item>(
  groups: readonly ResourceGroup<Item>[],
  resourceTitle: string,
  scopeTitle: string,
  itemLines: (item: Item) => readonly string[],
): string {
  const lines = groups.flatMap(({ resource, schemaUrl, scopes }, i) => [
    `${resourceTitle} #${i}${bracketed(schemaUrl)}${spaced(resource?.attributes ?? [])}`,
    ...scopes.flatMap(({ scope, schemaUrl: scopeSchemaUrl, items }) => [
      // The Collector numbers scopes by their resource here.
      `${scopeTitle} #${i}${scopeText(scope, scopeSchemaUrl)}${spaced(scope?.attributes ?? [])}`,
      ...items.flatMap(itemLines),
    ]),
  ]);
  return lines.map((line) => `${line}\n`).join('');
}

function spanLines({ name, traceId, spanId, attributes }: Span): readonly string[] {
  return [`${name} ${Buffer.from(traceId).toString('hex')} ${Buffer.from(spanId).toString('hex')}${spaced(attributes)}`];
}

function logLines({ body, attributes }: LogRecord): readonly string[] {
  return [`${valueText(body)} ${pairs(attributes).join(' ')}`];
}

function metricLines(metric: Metric): readonly string[] {
  const { name, gauge, sum, histogram, exponentialHistogram, summary } = metric;
  const line = (point: { readonly attributes: readonly KeyValue[] }, text: string): string => `${name}{${pairs(point.attributes).join(',')}} ${text}`;
  const numbers = gauge ?? sum;
  return [
    ...(numbers?.dataPoints ?? []).map((point) => line(point, numberText(point))),
    ...(histogram?.dataPoints ?? []).map((point) => line(point, histogramText(point))),
    ...(exponentialHistogram?.dataPoints ?? []).map((point) => line(point, distributionText(point))),
    ...(summary?.dataPoints ?? []).map((point) => line(point, summaryText(point))),
  ];
}

function numberText({ asInt, asDouble }: NumberDataPoint): string {
  return asInt ?? (asDouble === undefined ? '' : formatShortest(asDouble));
}

function distributionText({ count, sum, min, max }: HistogramDataPoint | ExponentialHistogramDataPoint): string {
  let text = `count=${count}`;
  if (sum !== undefined) text += ` sum=${formatShortest(sum)}`;
  if (min !== undefined) text += ` min=${formatShortest(min)}`;
  if (max !== undefined) text += ` max=${formatShortest(max)}`;
  return text;
}

function histogramText(point: HistogramDataPoint): string {
  const buckets = point.bucketCounts.map((count, i) => {
    const bound = point.explicitBounds[i];
    return ` ${bound === undefined ? '' : `le${formatShortest(bound)}=`}${count}`;
  });
  return distributionText(point) + buckets.join('');
}

function summaryText({ count, sum, quantileValues }: SummaryDataPoint): string {
  const quantiles = quantileValues.map(({ quantile, value }) => ` q${formatShortest(quantile)}=${formatShortest(value)}`);
  return `count=${count} sum=${formatFixed(sum)}${quantiles.join('')}`;
}

function scopeText(scope: Scope | null, schemaUrl: string): string {
  const { name = '', version = '' } = scope ?? {};
  const label = `${name}${version === '' ? '' : `@${version}`}`;
  return `${label === '' ? '' : ` ${label}`}${bracketed(schemaUrl)}`;
}

function bracketed(schemaUrl: string): string {
  return schemaUrl === '' ? '' : ` [${schemaUrl}]`;
}

function spaced(attributes: readonly KeyValue[]): string {
  return pairs(attributes)
    .map((pair) => ` ${pair}`)
    .join('');
}

function pairs(attributes: readonly KeyValue[]): readonly string[] {
  return attributes.map(({ key, value }) => `${key}=${valueText(value)}`);
}
