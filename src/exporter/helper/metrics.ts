import type { MetricTable } from '../../component/meter.ts';

const EXPORTER = ['exporter'] as const;
const SIGNAL = ['exporter', 'data_type'] as const;

/** The metrics of every exporter. Names, units and labels of `otelcol_…` are the Collector's. */
export const metrics = {
  sentSpans: { name: 'otelcol_exporter_sent_spans', kind: 'counter', unit: '{spans}', help: 'Spans that the destination took', labels: EXPORTER },
  sentMetricPoints: { name: 'otelcol_exporter_sent_metric_points', kind: 'counter', unit: '{datapoints}', help: 'Metric data points that the destination took', labels: EXPORTER },
  sentLogRecords: { name: 'otelcol_exporter_sent_log_records', kind: 'counter', unit: '{records}', help: 'Log records that the destination took', labels: EXPORTER },
  sendFailedSpans: { name: 'otelcol_exporter_send_failed_spans', kind: 'counter', unit: '{spans}', help: 'Spans that were not sent, after all retries', labels: EXPORTER },
  sendFailedMetricPoints: { name: 'otelcol_exporter_send_failed_metric_points', kind: 'counter', unit: '{datapoints}', help: 'Metric data points that were not sent, after all retries', labels: EXPORTER },
  sendFailedLogRecords: { name: 'otelcol_exporter_send_failed_log_records', kind: 'counter', unit: '{records}', help: 'Log records that were not sent, after all retries', labels: EXPORTER },
  enqueueFailedSpans: { name: 'otelcol_exporter_enqueue_failed_spans', kind: 'counter', unit: '{spans}', help: 'Spans that the full queue refused; whoever sent them still has them', labels: EXPORTER },
  enqueueFailedMetricPoints: { name: 'otelcol_exporter_enqueue_failed_metric_points', kind: 'counter', unit: '{datapoints}', help: 'Metric data points that the full queue refused; whoever sent them still has them', labels: EXPORTER },
  enqueueFailedLogRecords: { name: 'otelcol_exporter_enqueue_failed_log_records', kind: 'counter', unit: '{records}', help: 'Log records that the full queue refused; whoever sent them still has them', labels: EXPORTER },
  queueSize: { name: 'otelcol_exporter_queue_size', kind: 'gauge', unit: '1', help: 'What waits or is on its way, in the unit of sending_queue.sizer', labels: SIGNAL },
  queueCapacity: { name: 'otelcol_exporter_queue_capacity', kind: 'gauge', unit: '1', help: 'What may wait or be on its way at most, in the unit of sending_queue.sizer', labels: SIGNAL },
  inFlightRequests: { name: 'otelcol_exporter_in_flight_requests', kind: 'gauge', unit: '{requests}', help: 'Requests that are on their way or wait to be tried again', labels: SIGNAL },
  queuedItems: { name: 'tailrace_exporter_queued_items', kind: 'gauge', unit: '{items}', help: 'Spans, data points or log records that wait, are being batched or are on their way', labels: SIGNAL },
  queuedBytes: { name: 'tailrace_exporter_queued_bytes', kind: 'gauge', unit: 'By', help: 'Memory of what waits, is being batched or is on its way', labels: SIGNAL },
  failedItems: { name: 'tailrace_exporter_failed_items', kind: 'counter', unit: '{items}', help: 'Spans, data points or log records that were taken over and lost: permanent (the destination refused them), retries_exhausted, rejected (it took the request without them), shutdown', labels: [...SIGNAL, 'reason'] },
  sentBytes: { name: 'tailrace_exporter_sent_bytes', kind: 'counter', unit: 'By', help: 'OTLP bytes of the requests that the destination took, before compression', labels: SIGNAL },
  retries: { name: 'tailrace_exporter_retries', kind: 'counter', unit: '{requests}', help: 'Attempts after the first one', labels: SIGNAL },
  requestDuration: {
    name: 'tailrace_exporter_request_duration_seconds',
    kind: 'histogram',
    unit: 's',
    help: 'Time of one attempt, successful or not',
    labels: SIGNAL,
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
} as const satisfies MetricTable;
