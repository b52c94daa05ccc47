import type { DecodedSpan } from './otlp.ts';
import { decodeRequest, hexOf } from './otlp.ts';

/**
 * The policies once more, over fully decoded spans and whole traces, in the plainest way: what the built program decides
 * over bytes has to equal this.
 */
export interface OfflineTrace {
  /** Hex. */
  readonly traceId: string;
  readonly spans: readonly OfflineSpan[];
}

interface OfflineSpan {
  readonly span: DecodedSpan;
  readonly resource: ReadonlyMap<string, unknown>;
}

export type OfflinePolicy = (trace: OfflineTrace) => boolean;

/** The traces of some requests, spans in order of appearance. */
export function tracesOfRequests(requests: readonly Uint8Array[]): readonly OfflineTrace[] {
  const traces = new Map<string, OfflineSpan[]>();
  for (const bytes of requests) {
    for (const { resource, scopeSpans = [] } of decodeRequest('traces', bytes).resourceSpans ?? []) {
      const attributes = attributesOf(resource?.['attributes']);
      for (const span of scopeSpans.flatMap(({ spans = [] }) => spans)) {
        const traceId = hexOf(span.traceId);
        traces.set(traceId, [...(traces.get(traceId) ?? []), { span, resource: attributes }]);
      }
    }
  }
  return [...traces].map(([traceId, spans]) => ({ traceId, spans }));
}

/** Longer than `thresholdMs`, from the first start to the last end, in whole milliseconds. */
export function latency(thresholdMs: number): OfflinePolicy {
  return ({ spans }) => {
    let start: bigint | undefined;
    let end = 0n;
    for (const { span } of spans) {
      const spanStart = BigInt(span.startTimeUnixNano ?? 0);
      const spanEnd = BigInt(span.endTimeUnixNano ?? 0);
      if (start === undefined || spanStart < start) start = spanStart;
      if (spanEnd > end) end = spanEnd;
    }
    return (end - (start ?? 0n)) / 1_000_000n > BigInt(thresholdMs);
  };
}

/** Any span, or what it came from, has the string attribute `key` with one of `values`. */
export function stringAttribute(key: string, values: readonly string[]): OfflinePolicy {
  const isMatch = (value: unknown): boolean => typeof value === 'string' && values.includes(value);
  return ({ spans }) => spans.some(({ span, resource }) => isMatch(resource.get(key)) || isMatch(attributesOf(span.attributes).get(key)));
}

/** The Collector's hash: FNV-1a of 64 bits over the salt and the trace id, at most `percentage` of the whole range. */
export function probabilistic(hashSalt: string, percentage: number): OfflinePolicy {
  const limit = BigInt(Math.floor((percentage / 100) * 2 ** 64));
  return ({ traceId }) => {
    let hash = 0xcbf29ce484222325n;
    for (const byte of Buffer.concat([Buffer.from(hashSalt), Buffer.from(traceId, 'hex')])) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
    }
    return hash <= limit;
  };
}

export function and(...policies: readonly OfflinePolicy[]): OfflinePolicy {
  return (trace) => policies.every((policy) => policy(trace));
}

function attributesOf(attributes: unknown): ReadonlyMap<string, unknown> {
  const list = (attributes ?? []) as readonly { readonly key: string; readonly value?: { readonly stringValue?: unknown } }[];
  return new Map(list.map(({ key, value }) => [key, value?.stringValue]));
}
