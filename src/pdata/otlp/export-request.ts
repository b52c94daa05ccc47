import type { Signal } from './signal.ts';
import type { SpanScan } from './span-scan.ts';

/**
 * What travels through every pipeline: one OTLP `Export{Trace,Metrics,Logs}ServiceRequest` as the protobuf bytes it is
 * (opentelemetry-proto, `collector/<signal>/v1`).
 *
 * All three have one shape, `{repeated Resource… = 1 {resource = 1, repeated Scope… = 2 {scope = 1, repeated item = 2}}}`,
 * and protobuf reads a repeated field from concatenated messages as one list: joining requests is joining their bytes.
 */
export interface ExportRequest {
  readonly signal: Signal;
  readonly bytes: Uint8Array;
  /** Spans, metric data points or log records in `bytes`. */
  readonly itemCount: number;
  /**
   * True when `bytes` never change and keep no larger buffer alive, so that whoever keeps them need not copy. A message
   * fresh from a socket, and what leaves the window, lie in buffers that are used again and therefore are not.
   */
  readonly retainable: boolean;
  /**
   * What one walk over `bytes` found, where the sender of this request has walked them already (traces only). It is lent
   * until `consume` settles and is undefined where nobody has walked yet.
   */
  readonly scan: SpanScan | undefined;
}
