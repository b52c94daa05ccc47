import { requestType } from '../../pdata/json/message-types.ts';

/**
 * Requests as objects, all fields present but the optional ones. 64-bit integers are decimal text, enums numbers.
 * Field names as in `proto/`.
 */

export interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values: readonly KeyValue[] };
  readonly bytesValue?: Uint8Array;
}

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue | null;
}

export interface EntityRef {
  readonly schemaUrl: string;
  readonly type: string;
  readonly idKeys: readonly string[];
  readonly descriptionKeys: readonly string[];
}

export interface Resource {
  readonly attributes: readonly KeyValue[];
  readonly entityRefs?: readonly EntityRef[];
}

export interface Scope {
  readonly name: string;
  readonly version: string;
  readonly attributes: readonly KeyValue[];
}

export interface Span {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly traceState: string;
  readonly parentSpanId: Uint8Array;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly droppedAttributesCount: number;
  readonly events: readonly {
    readonly timeUnixNano: string;
    readonly name: string;
    readonly attributes: readonly KeyValue[];
    readonly droppedAttributesCount: number;
  }[];
  readonly droppedEventsCount: number;
  readonly links: readonly {
    readonly traceId: Uint8Array;
    readonly spanId: Uint8Array;
    readonly traceState: string;
    readonly attributes: readonly KeyValue[];
    readonly droppedAttributesCount: number;
  }[];
  readonly droppedLinksCount: number;
  readonly status: { readonly message: string; readonly code: number } | null;
}

export interface LogRecord {
  readonly timeUnixNano: string;
  readonly observedTimeUnixNano: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: AnyValue | null;
  readonly attributes: readonly KeyValue[];
  readonly flags: number;
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly eventName: string;
}

export interface Exemplar {
  readonly filteredAttributes: readonly KeyValue[];
  readonly timeUnixNano: string;
  readonly asDouble?: number;
  readonly asInt?: string;
  readonly spanId: Uint8Array;
  readonly traceId: Uint8Array;
}

interface DataPoint {
  readonly attributes: readonly KeyValue[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}

export interface NumberDataPoint extends DataPoint {
  readonly asDouble?: number;
  readonly asInt?: string;
  readonly exemplars: readonly Exemplar[];
}

interface Distribution extends DataPoint {
  readonly count: string;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  readonly exemplars: readonly Exemplar[];
}

export interface HistogramDataPoint extends Distribution {
  readonly bucketCounts: readonly string[];
  readonly explicitBounds: readonly number[];
}

export interface ExponentialBuckets {
  readonly offset: number;
  readonly bucketCounts: readonly string[];
}

export interface ExponentialHistogramDataPoint extends Distribution {
  readonly scale: number;
  readonly zeroCount: string;
  readonly positive: ExponentialBuckets | null;
  readonly negative: ExponentialBuckets | null;
}

export interface SummaryDataPoint extends DataPoint {
  readonly count: string;
  readonly sum: number;
  readonly quantileValues: readonly { readonly quantile: number; readonly value: number }[];
}

/** Exactly one of the kinds of data is present, or none. */
export interface Metric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly metadata?: readonly KeyValue[];
  readonly gauge?: { readonly dataPoints: readonly NumberDataPoint[] };
  readonly sum?: { readonly dataPoints: readonly NumberDataPoint[]; readonly aggregationTemporality: number; readonly isMonotonic: boolean };
  readonly histogram?: { readonly dataPoints: readonly HistogramDataPoint[]; readonly aggregationTemporality: number };
  readonly exponentialHistogram?: { readonly dataPoints: readonly ExponentialHistogramDataPoint[]; readonly aggregationTemporality: number };
  readonly summary?: { readonly dataPoints: readonly SummaryDataPoint[] };
}

/** What the three signals have in common: items by scope by resource. */
export interface ResourceGroup<Item> {
  readonly resource: Resource | null;
  readonly schemaUrl: string;
  readonly scopes: readonly ScopeGroup<Item>[];
}

export interface ScopeGroup<Item> {
  readonly scope: Scope | null;
  readonly schemaUrl: string;
  readonly items: readonly Item[];
}

/** @throws Error when the bytes are no such message */
export function decodeTraces(bytes: Uint8Array): readonly ResourceGroup<Span>[] {
  return groups<Span>(decode('traces', bytes), 'resourceSpans', 'scopeSpans', 'spans');
}

/** @throws Error when the bytes are no such message */
export function decodeMetrics(bytes: Uint8Array): readonly ResourceGroup<Metric>[] {
  return groups<Metric>(decode('metrics', bytes), 'resourceMetrics', 'scopeMetrics', 'metrics');
}

/** @throws Error when the bytes are no such message */
export function decodeLogs(bytes: Uint8Array): readonly ResourceGroup<LogRecord>[] {
  return groups<LogRecord>(decode('logs', bytes), 'resourceLogs', 'scopeLogs', 'logRecords');
}

type Message = Readonly<Record<string, unknown>>;

function decode(signal: 'traces' | 'metrics' | 'logs', bytes: Uint8Array): Message {
  const type = requestType(signal);
  return type.toObject(type.decode(bytes), { longs: String, defaults: true, arrays: true });
}

function groups<Item>(request: Message, resourceField: string, scopeField: string, itemField: string): readonly ResourceGroup<Item>[] {
  return (request[resourceField] as readonly Message[]).map((group) => ({
    resource: group['resource'] as Resource | null,
    schemaUrl: group['schemaUrl'] as string,
    scopes: (group[scopeField] as readonly Message[]).map((scope) => ({
      scope: scope['scope'] as Scope | null,
      schemaUrl: scope['schemaUrl'] as string,
      items: scope[itemField] as readonly Item[],
    })),
  }));
}
