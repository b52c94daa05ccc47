import type { MetricDefinition, MetricTable } from '../../component/meter.ts';

const LABELS = ['receiver', 'transport'] as const;

/** The Collector's three counters for one kind of item, under its own word for that kind. */
function itemCounters(items: string, words: string) {
  return {
    accepted: itemCounter(`otelcol_receiver_accepted_${items}`, items, `Number of ${words} successfully pushed into the pipeline`),
    refused: itemCounter(
      `otelcol_receiver_refused_${items}`,
      items,
      `Number of ${words} that were not taken: invalid, or refused by what comes next in the pipeline`,
    ),
    failed: itemCounter(`otelcol_receiver_failed_${items}`, items, `Number of ${words} that a defect kept from being pushed into the pipeline`),
  };
}

function itemCounter(name: string, unit: string, help: string) {
  return { name, kind: 'counter', unit: `{${unit}}`, help, labels: LABELS } as const satisfies MetricDefinition;
}

const spans = itemCounters('spans', 'spans');
const metricPoints = itemCounters('metric_points', 'metric points');
const logRecords = itemCounters('log_records', 'log records');

/** By signal. */
export const itemMetrics = { traces: spans, metrics: metricPoints, logs: logRecords } as const;

export const metrics = {
  acceptedSpans: spans.accepted,
  refusedSpans: spans.refused,
  failedSpans: spans.failed,
  acceptedMetricPoints: metricPoints.accepted,
  refusedMetricPoints: metricPoints.refused,
  failedMetricPoints: metricPoints.failed,
  acceptedLogRecords: logRecords.accepted,
  refusedLogRecords: logRecords.refused,
  failedLogRecords: logRecords.failed,
  requests: {
    name: 'otelcol_receiver_requests',
    kind: 'counter',
    unit: '{requests}',
    help: 'Number of requests that were read, by outcome: success, refused (bad or pushed back), failure (a defect)',
    labels: ['receiver', 'transport', 'outcome'],
  },
  refusedItems: {
    name: 'tailrace_receiver_refused_items',
    kind: 'counter',
    unit: '{items}',
    help: 'Spans, metric points and log records in otelcol_receiver_refused_…, by reason',
    labels: ['receiver', 'transport', 'data_type', 'reason'],
  },
  refusedRequests: {
    name: 'tailrace_receiver_refused_requests',
    kind: 'counter',
    unit: '{requests}',
    help: 'Requests answered with an error, by reason, those included that could not be read so that nobody knows what was in them',
    labels: ['receiver', 'transport', 'reason'],
  },
  receivedBytes: {
    name: 'tailrace_receiver_received_bytes',
    kind: 'counter',
    unit: 'By',
    help: 'Bytes of requests as protobuf, after decompression',
    labels: ['receiver', 'transport', 'data_type'],
  },
  inFlightRequests: {
    name: 'tailrace_receiver_in_flight_requests',
    kind: 'gauge',
    unit: '{requests}',
    help: 'Requests that were read and wait for what comes next in the pipeline to take them',
    labels: ['receiver', 'transport'],
  },
} as const satisfies MetricTable;
