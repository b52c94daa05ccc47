import type { ExportRequest } from '../../src/pdata/otlp/export-request.ts';
import type { Signal } from '../../src/pdata/otlp/signal.ts';
import { requestType } from '../../src/pdata/json/message-types.ts';

/**
 * Requests for tests, made and read with protobufjs: the oracle for our own byte code. Objects have the field names of
 * `proto/` in camelCase; ids are bytes (`bytesOf('0a…')`), 64-bit integers are written as numbers, bigints or decimal
 * strings and read back as decimal strings, enums are numbers.
 */
export type Json = null | boolean | number | string | bigint | Uint8Array | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/** An `Export…ServiceRequest` as protobuf bytes. */
export function encodeRequest(signal: Signal, request: JsonObject): Uint8Array {
  const type = requestType(signal);
  return type.encode(type.fromObject(bigintsAsStrings(request) as Record<string, unknown>)).finish();
}

/** The same back; fields that are not set are absent. */
export function decodeRequest(signal: Signal, bytes: Uint8Array): DecodedRequest {
  const type = requestType(signal);
  // A copy that is no Buffer: ids come out as plain Uint8Arrays, which compare equal wherever they are from.
  return type.toObject(type.decode(Uint8Array.from(bytes)), { longs: String });
}

/** As much of a decoded request as tests look at by name. */
export interface DecodedRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: JsonObject;
    readonly schemaUrl?: string;
    readonly scopeSpans?: readonly { readonly scope?: JsonObject; readonly schemaUrl?: string; readonly spans?: readonly DecodedSpan[] }[];
  }[];
  readonly resourceMetrics?: readonly JsonObject[];
  readonly resourceLogs?: readonly JsonObject[];
}

export interface DecodedSpan {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly parentSpanId?: Uint8Array;
  readonly traceState?: string;
  readonly name?: string;
  readonly kind?: number;
  readonly startTimeUnixNano?: string;
  readonly endTimeUnixNano?: string;
  readonly attributes?: readonly { readonly key: string; readonly value?: JsonObject }[];
  readonly status?: { readonly code?: number; readonly message?: string };
}

/** All spans of a traces request, in order. */
export function spansOf(bytes: Uint8Array): readonly DecodedSpan[] {
  return (decodeRequest('traces', bytes).resourceSpans ?? []).flatMap(({ scopeSpans = [] }) =>
    scopeSpans.flatMap(({ spans = [] }) => spans),
  );
}

export interface SpanFields {
  /** Hex, 32 digits. */
  readonly traceId?: string;
  /** Hex, 16 digits. */
  readonly spanId?: string;
  readonly parentSpanId?: string;
  readonly name?: string;
  readonly startMs?: number;
  readonly endMs?: number;
  /** 1 OK, 2 ERROR. */
  readonly statusCode?: number;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

/** A span as an object to encode; what is not given has a plain default. */
export function span(fields: SpanFields = {}): JsonObject {
  const { traceId = id(1, 16), spanId = id(1, 8), name = 'work', startMs = 1_000, endMs = 1_010 } = fields;
  return {
    traceId: bytesOf(traceId),
    spanId: bytesOf(spanId),
    ...(fields.parentSpanId === undefined ? {} : { parentSpanId: bytesOf(fields.parentSpanId) }),
    name,
    kind: 1,
    startTimeUnixNano: BigInt(Math.round(startMs * 1000)) * 1000n,
    endTimeUnixNano: BigInt(Math.round(endMs * 1000)) * 1000n,
    attributes: attributesOf(fields.attributes ?? {}),
    ...(fields.statusCode === undefined ? {} : { status: { code: fields.statusCode } }),
  };
}

/** Spans of one resource and scope as an object to encode. */
export function tracesOf(spans: readonly JsonObject[], serviceName = 'test'): JsonObject {
  const resource = { attributes: attributesOf({ 'service.name': serviceName }) };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'test' }, spans }] }] };
}

/** A gauge with `points` data points as an object to encode. */
export function metricsOf(points: number): JsonObject {
  const dataPoints = Array.from({ length: points }, (_, i) => ({ timeUnixNano: String(i + 1), asDouble: i / 2 }));
  return { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'load', gauge: { dataPoints } }] }] }] };
}

/** `records` log records as an object to encode. */
export function logsOf(records: number): JsonObject {
  const logRecords = Array.from({ length: records }, (_, i) => ({
    timeUnixNano: String(i + 1),
    severityNumber: 9,
    body: { stringValue: `line ${i}` },
  }));
  return { resourceLogs: [{ scopeLogs: [{ logRecords }] }] };
}

/** Encoded and wrapped as pipelines carry it, walked by nobody. */
export function exportRequest(signal: Signal, request: JsonObject, itemCount: number): ExportRequest {
  return { signal, bytes: encodeRequest(signal, request), itemCount, retainable: true, scan: undefined };
}

/** Attributes as KeyValue messages; whole numbers become `intValue`. */
export function attributesOf(attributes: Readonly<Record<string, string | number | boolean>>): readonly JsonObject[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: string | number | boolean): JsonObject {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: value } : { doubleValue: value };
}

/** A readable id of `bytes` bytes that ends in `n`, as hex. */
export function id(n: number, bytes: 8 | 16): string {
  return n.toString(16).padStart(bytes * 2, '0');
}

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function bigintsAsStrings(value: Json): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(bigintsAsStrings);
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, bigintsAsStrings(inner)]));
}
