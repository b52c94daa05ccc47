import type { Signal } from '../otlp/signal.ts';
import { readMessage } from './json-reader.ts';
import { writeMessage } from './json-writer.ts';
import { requestType } from './message-types.ts';
import { parseJson } from './parse-json.ts';

/**
 * OTLP/JSON as the protobuf bytes of an `Export…ServiceRequest` (opentelemetry-proto, `docs/specification.md`, "JSON
 * Protobuf Encoding"). Keys that the definitions do not have are ignored.
 *
 * @throws Error that says where and what, as `resourceSpans[0].scopeSpans[1].spans[7].traceId: must be hex digits`
 */
export function requestFromJson(signal: Signal, text: string): Uint8Array {
  const type = requestType(signal);
  return type.encode(readMessage(type, parseJson(text))).finish();
}

/**
 * The request as OTLP/JSON on one line, the way the Collector's marshaler writes it.
 *
 * @throws Error when the bytes are no such request
 */
export function requestToJson(signal: Signal, bytes: Uint8Array): string {
  const type = requestType(signal);
  return JSON.stringify(writeMessage(type, type.decode(bytes)));
}
