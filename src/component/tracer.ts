/**
 * Tailrace's own traces: one operation of ours (receive, decide, export) as a span. The default does nothing; where
 * `service.telemetry.traces` names a destination, `telemetry/` hands in one that records.
 */
export interface Tracer {
  /** Undefined when this operation is not sampled, so that unsampled ones cost one call. */
  startSpan(name: string, kind: 'server' | 'client' | 'internal'): OwnSpan | undefined;
}

export interface OwnSpan {
  setAttribute(key: string, value: string | number | boolean): void;
  /** `error` marks the span as failed. Called exactly once. */
  end(error?: Error): void;
}

export const noopTracer: Tracer = { startSpan: () => undefined };
