import type { MetricDefinition, MetricTable } from '../../component/meter.ts';
import type { Signal } from '../../pdata/otlp/signal.ts';

export const metrics = {
  acceptedSpans: {
    name: 'otelcol_processor_accepted_spans',
    kind: 'counter',
    unit: '{spans}',
    help: 'Number of spans successfully pushed into the next component in the pipeline',
    labels: ['processor'],
  },
  acceptedMetricPoints: {
    name: 'otelcol_processor_accepted_metric_points',
    kind: 'counter',
    unit: '{datapoints}',
    help: 'Number of metric points successfully pushed into the next component in the pipeline',
    labels: ['processor'],
  },
  acceptedLogRecords: {
    name: 'otelcol_processor_accepted_log_records',
    kind: 'counter',
    unit: '{records}',
    help: 'Number of log records successfully pushed into the next component in the pipeline',
    labels: ['processor'],
  },
  refusedSpans: {
    name: 'otelcol_processor_refused_spans',
    kind: 'counter',
    unit: '{spans}',
    help: 'Number of spans that were refused because memory was short',
    labels: ['processor'],
  },
  refusedMetricPoints: {
    name: 'otelcol_processor_refused_metric_points',
    kind: 'counter',
    unit: '{datapoints}',
    help: 'Number of metric points that were refused because memory was short',
    labels: ['processor'],
  },
  refusedLogRecords: {
    name: 'otelcol_processor_refused_log_records',
    kind: 'counter',
    unit: '{records}',
    help: 'Number of log records that were refused because memory was short',
    labels: ['processor'],
  },
  incomingItems: {
    name: 'otelcol_processor_incoming_items',
    kind: 'counter',
    unit: '{items}',
    help: 'Number of items passed to the processor',
    labels: ['processor', 'otel_signal'],
  },
  outgoingItems: {
    name: 'otelcol_processor_outgoing_items',
    kind: 'counter',
    unit: '{items}',
    help: 'Number of items emitted from the processor',
    labels: ['processor', 'otel_signal'],
  },
  usedBytes: {
    name: 'tailrace_memory_limiter_used_bytes',
    kind: 'gauge',
    unit: 'By',
    help: 'Memory in use when it was last measured: the heap and the buffers outside it',
    labels: ['processor'],
  },
  limitBytes: {
    name: 'tailrace_memory_limiter_limit_bytes',
    kind: 'gauge',
    unit: 'By',
    help: 'Above the soft limit requests are refused; above the hard limit garbage is collected at once too',
    labels: ['processor', 'limit'],
  },
  forcedCollections: {
    name: 'tailrace_memory_limiter_forced_gc',
    kind: 'counter',
    unit: '{collections}',
    help: 'Full garbage collections that the limiter asked for',
    labels: ['processor'],
  },
} as const satisfies MetricTable;

interface SignalMetrics {
  readonly accepted: MetricDefinition;
  readonly refused: MetricDefinition;
}

export const signalMetrics: Readonly<Record<Signal, SignalMetrics>> = {
  traces: { accepted: metrics.acceptedSpans, refused: metrics.refusedSpans },
  metrics: { accepted: metrics.acceptedMetricPoints, refused: metrics.refusedMetricPoints },
  logs: { accepted: metrics.acceptedLogRecords, refused: metrics.refusedLogRecords },
};
