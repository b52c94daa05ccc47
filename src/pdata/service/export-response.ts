import { messageType } from './message-root.ts';

/**
 * What a server answers to an export it took at least in part. The three signals' `Export…ServiceResponse` differ only in
 * the name of one field, so that one type reads and writes them all:
 *
 * ```
 * partial_success = 1 { rejected_… = 1 int64, error_message = 2 string }
 * ```
 *
 * opentelemetry-proto, `docs/specification.md`, "Partial Success".
 */
export interface ExportResponse {
  /** Spans, data points or log records the server threw away; they must not be sent again. */
  readonly rejectedItems: number;
  /** Why; with nothing rejected a warning, else empty. */
  readonly errorMessage: string;
}

const FULL_SUCCESS = new Uint8Array(0);

const responseType = () => messageType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse');

/** The response's bytes; with nothing rejected and no message, those of full success: none. */
export function encodeExportResponse(rejectedItems: number, errorMessage: string): Uint8Array {
  if (rejectedItems === 0 && errorMessage === '') return FULL_SUCCESS;
  return responseType().encode({ partialSuccess: { rejectedSpans: rejectedItems, errorMessage } }).finish();
}

/** @throws Error when the bytes are no protobuf message. */
export function decodeExportResponse(bytes: Uint8Array): ExportResponse {
  if (bytes.length === 0) return { rejectedItems: 0, errorMessage: '' };
  const type = responseType();
  const { partialSuccess } = type.toObject(type.decode(bytes), { longs: Number }) as {
    partialSuccess?: { rejectedSpans?: number; errorMessage?: string };
  };
  return { rejectedItems: partialSuccess?.rejectedSpans ?? 0, errorMessage: partialSuccess?.errorMessage ?? '' };
}
