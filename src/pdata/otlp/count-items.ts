import { WireReader } from '../wire/wire-reader.ts';
import {
  DATA_POINT,
  METRIC_EXPONENTIAL_HISTOGRAM,
  METRIC_GAUGE,
  METRIC_HISTOGRAM,
  METRIC_SUM,
  METRIC_SUMMARY,
  REQUEST_RESOURCE,
  RESOURCE_SCOPE,
  SCOPE_ITEM,
} from './fields.ts';
import type { Signal } from './signal.ts';

const reader = new WireReader();

/**
 * Counts what a request carries: spans, log records, or for metrics the data points (which is what the Collector counts
 * and limits by). Checks the structure that far; throws WireError.
 */
export function countItems(signal: Signal, bytes: Uint8Array): number {
  reader.reset(bytes, 0);
  return countFields(REQUEST_RESOURCE, bytes.length, signal, countResource);
}

/** Counts the items of one Span, Metric or LogRecord, whose content is `bytes[start, end)`. */
export function countItem(signal: Signal, bytes: Uint8Array, start: number, end: number): number {
  if (signal !== 'metrics') return 1;
  reader.reset(bytes, start);
  return countMetric(end);
}

type CountContent = (end: number, signal: Signal) => number;

/** Sums `content` over the fields of one tag up to `end`. */
function countFields(wanted: number, end: number, signal: Signal, content: CountContent): number {
  let count = 0;
  while (reader.at < end) {
    const tag = reader.tag(end);
    if (tag === wanted) count += content(reader.delimited(end), signal);
    else reader.skip(tag, end);
  }
  return count;
}

function countResource(end: number, signal: Signal): number {
  return countFields(RESOURCE_SCOPE, end, signal, countScope);
}

function countScope(end: number, signal: Signal): number {
  return countFields(SCOPE_ITEM, end, signal, signal === 'metrics' ? countMetric : countOne);
}

function countOne(end: number): number {
  reader.at = end;
  return 1;
}

function countMetric(end: number): number {
  let points = 0;
  while (reader.at < end) {
    const tag = reader.tag(end);
    switch (tag) {
      case METRIC_GAUGE:
      case METRIC_SUM:
      case METRIC_HISTOGRAM:
      case METRIC_EXPONENTIAL_HISTOGRAM:
      case METRIC_SUMMARY:
        points += countFields(DATA_POINT, reader.delimited(end), 'metrics', countOne);
        break;
      default:
        reader.skip(tag, end);
    }
  }
  return points;
}
