/** Keys of the Collector's own configuration, which Tailrace and the Collector read alike. */
export interface PipelineOptions {
  readonly port: number;
  readonly metricsPort: number;
  readonly backendPort: number;
  readonly decisionWaitSeconds: number;
  /** As the exporter's key `sending_queue` is written, on one line; absent: the default. */
  readonly sendingQueue?: string;
  /** As the processor's key `decision_cache` is written, on one line; absent: the default. */
  readonly decisionCache?: string;
}

/** Errors, slower than 1 s and 5 % of the rest, over a window that holds whatever the load brings. */
export function pipelineConfig({ port, metricsPort, backendPort, decisionWaitSeconds, sendingQueue, decisionCache }: PipelineOptions): string {
  return `
receivers:
  otlp: {protocols: {grpc: {endpoint: '127.0.0.1:${port}', max_recv_msg_size_mib: 64}}}
processors:
  tail_sampling:
    decision_wait: ${decisionWaitSeconds}s
    num_traces: 2000000
${optional(4, 'decision_cache', decisionCache)}    policies:
      - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
      - {name: slow, type: latency, latency: {threshold_ms: 1000}}
      - {name: share, type: probabilistic, probabilistic: {sampling_percentage: 5}}
exporters:
  otlp:
    endpoint: 127.0.0.1:${backendPort}
    compression: none
    tls: {insecure: true}
${optional(4, 'sending_queue', sendingQueue)}
service:
  pipelines:
    traces: {receivers: [otlp], processors: [tail_sampling], exporters: [otlp]}
  telemetry:
    logs: {level: error}
    metrics:
      readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: ${metricsPort}}}}}]
`;
}

function optional(indent: number, key: string, value: string | undefined): string {
  return value === undefined ? '' : `${' '.repeat(indent)}${key}: ${value}\n`;
}
