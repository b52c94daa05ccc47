/** What runs where no configuration is named; it goes the same way as a file. */
export const DEFAULT_CONFIG = `
receivers:
  otlp:
    protocols:
      grpc:
      http:
processors:
  tail_sampling:
    policies:
      - {name: errors, type: status_code, status_code: {status_codes: [ERROR]}}
      - {name: slow, type: latency, latency: {threshold_ms: 1000}}
      - {name: rest, type: adaptive_throughput, adaptive_throughput: {goal_throughput: 100}}
exporters:
  debug:
service:
  pipelines:
    traces:
      receivers: [otlp]
      processors: [tail_sampling]
      exporters: [debug]
`;
