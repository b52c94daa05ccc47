import type protobuf from 'protobufjs';
import type { Signal } from '../otlp/signal.ts';
import { messageType } from '../service/message-root.ts';

const REQUEST: Readonly<Record<Signal, string>> = {
  traces: 'opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest',
  metrics: 'opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest',
  logs: 'opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest',
};

/** The signal's `Export…ServiceRequest` with a full decoder: for JSON, the debug exporter and tests, never on the hot path. */
export function requestType(signal: Signal): protobuf.Type {
  return messageType(REQUEST[signal]);
}
