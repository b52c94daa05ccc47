import { SpanStatusCode } from '@opentelemetry/api';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import { decodeSpans } from './decode-spans.ts';

/** What a trace was at its source, to hold what arrives against it. */
export interface TraceRecord {
  readonly spanIds: Set<string>;
  hasError: boolean;
  startMs: number;
  endMs: number;
}

/** Writes down every span that is sent, by trace: those of the shop as they end, those of a recording as they are decoded. */
export class SpanLedger implements SpanProcessor {
  readonly traces = new Map<string, TraceRecord>();
  spanCount = 0;

  onStart(): void {
    // A span counts when it has ended: only then is it exported.
  }

  onEnd(span: ReadableSpan): void {
    const { traceId, spanId } = span.spanContext();
    const isError = span.status.code === SpanStatusCode.ERROR;
    this.#add(traceId, spanId, hrTimeToMilliseconds(span.startTime), hrTimeToMilliseconds(span.endTime), isError);
  }

  /** An ExportTraceServiceRequest about to be sent. */
  addRequest(bytes: Uint8Array): void {
    for (const { traceId, spanId, startMs, endMs, isError } of decodeSpans(bytes)) {
      this.#add(traceId, spanId, startMs, endMs, isError);
    }
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  #add(traceId: string, spanId: string, startMs: number, endMs: number, isError: boolean): void {
    let record = this.traces.get(traceId);
    if (record === undefined) {
      record = { spanIds: new Set(), hasError: false, startMs, endMs };
      this.traces.set(traceId, record);
    }
    record.spanIds.add(spanId);
    record.hasError ||= isError;
    record.startMs = Math.min(record.startMs, startMs);
    record.endMs = Math.max(record.endMs, endMs);
    this.spanCount++;
  }
}
