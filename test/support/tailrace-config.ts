/** Configurations for process tests: one sentence says what differs, the rest is the same everywhere. */
export interface TestConfig {
  /** The tail_sampling block, indented by four spaces; without one, traces pass through. */
  readonly tailSampling?: string;
  readonly backend: string;
  /** More keys of the exporter, indented by four spaces. */
  readonly exporter?: string;
  /** How long a stop may take. */
  readonly shutdownTimeout?: string;
}

/** OTLP in on free ports, all three signals, one gRPC exporter, JSON log, metrics on a free port, health check. */
export function testConfig({ tailSampling, backend, exporter = '', shutdownTimeout = '30s' }: TestConfig): string {
  return `
receivers:
  otlp:
    protocols:
      grpc: {endpoint: '127.0.0.1:0'}
      http: {endpoint: '127.0.0.1:0'}
processors:
  batch: {timeout: 20ms}
${tailSampling === undefined ? '' : `  tail_sampling:\n${tailSampling}`}
exporters:
  otlp:
    endpoint: ${backend}
    tls: {insecure: true}
${exporter}
extensions:
  health_check: {endpoint: '127.0.0.1:0'}
service:
  extensions: [health_check]
  shutdown_timeout: ${shutdownTimeout}
  pipelines:
    traces:
      receivers: [otlp]
      processors: [${tailSampling === undefined ? 'batch' : 'tail_sampling'}]
      exporters: [otlp]
    metrics: {receivers: [otlp], processors: [batch], exporters: [otlp]}
    logs: {receivers: [otlp], processors: [batch], exporters: [otlp]}
  telemetry:
    logs: {encoding: json}
    metrics:
      readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0}}}}]
`;
}
