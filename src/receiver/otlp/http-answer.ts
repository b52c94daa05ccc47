import type { ServerResponse } from 'node:http';
import type { ConsumeError } from '../../consumer/consume-error.ts';
import { grpcStatusOf } from '../../consumer/status.ts';
import type { Signal } from '../../pdata/otlp/signal.ts';
import type { ExportResponse } from '../../pdata/service/export-response.ts';
import { encodeExportResponse } from '../../pdata/service/export-response.ts';
import { encodeRpcStatus } from '../../pdata/service/rpc-status.ts';

/** How a request is encoded, and so is its answer. */
export type MediaType = 'application/x-protobuf' | 'application/json';

/** The name of the number of rejected items in OTLP/JSON. */
const REJECTED: Readonly<Record<Signal, string>> = {
  traces: 'rejectedSpans',
  metrics: 'rejectedDataPoints',
  logs: 'rejectedLogRecords',
};

/** The media type of a Content-Type header; undefined when it is none that OTLP has. */
export function mediaTypeOf(contentType: string | undefined): MediaType | undefined {
  const end = contentType?.indexOf(';') ?? -1;
  const essence = (end < 0 ? contentType : contentType?.slice(0, end))?.trim().toLowerCase();
  return essence === 'application/x-protobuf' || essence === 'application/json' ? essence : undefined;
}

/** Answers 200: all was taken, or all but the items that `result` names. */
export function answerSuccess(response: ServerResponse, mediaType: MediaType, signal: Signal, result: ExportResponse): void {
  const { rejectedItems, errorMessage } = result;
  if (mediaType === 'application/x-protobuf') {
    send(response, 200, mediaType, encodeExportResponse(rejectedItems, errorMessage));
    return;
  }
  const isFull = rejectedItems === 0 && errorMessage === '';
  const json = isFull ? {} : { partialSuccess: { [REJECTED[signal]]: String(rejectedItems), errorMessage } };
  send(response, 200, mediaType, JSON.stringify(json));
}

/**
 * Answers `status` with google.rpc.Status in the request's media type; in plain words where that is unknown. A retryable
 * error says in whole seconds when to come again.
 */
export function answerError(response: ServerResponse, status: number, mediaType: MediaType | undefined, error: ConsumeError): void {
  const { message, retryAfterMs } = error;
  if (error.isRetryable) response.setHeader('Retry-After', Math.ceil((retryAfterMs ?? 0) / 1000) || 1);
  const code = grpcStatusOf(error.code);
  switch (mediaType) {
    case 'application/x-protobuf':
      send(response, status, mediaType, encodeRpcStatus({ code, message, retryDelayMs: retryAfterMs }));
      return;
    case 'application/json':
      send(response, status, mediaType, JSON.stringify({ code, message, details: detailsOf(retryAfterMs) }));
      return;
    case undefined:
      send(response, status, 'text/plain', message);
  }
}

/** RetryInfo as protobuf's JSON mapping writes an Any; left out when there is none. */
function detailsOf(retryAfterMs: number | undefined): readonly object[] | undefined {
  if (retryAfterMs === undefined) return undefined;
  return [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterMs / 1000}s` }];
}

function send(response: ServerResponse, status: number, contentType: string, body: Uint8Array | string): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
