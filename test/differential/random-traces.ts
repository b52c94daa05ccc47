import type { JsonObject } from '../support/otlp.ts';
import { bytesOf, encodeRequest } from '../support/otlp.ts';
import type { Choice } from './choice.ts';

/** Few of each, so that policies and traces meet. */
export const STRINGS = ['', 'a', 'A', 'ab', 'GET', 'get', 'POST /api/v1', 'v1.HealthCheck', 'üñ', '100', '1.5', 'true', 'a b', 'q"uote', 'back\\slash', 'price$5'] as const;
const INTEGERS = [-9_223_372_036_854_775_808n, -1n, 0n, 1n, 5n, 10n, 99n, 100n, 200n, 404n, 500n, 9_007_199_254_740_993n] as const;
const DOUBLES = [-1, 0, 0.5, 1.5, 99.999, 100, 404] as const;
export const TRACE_STATE_KEYS = ['v', 'vendor', 't@sys'] as const;
export const TRACE_STATE_VALUES = ['a', 'x', '1', 'a b', 'val:1;p:2'] as const;

const START_NS = 1_790_000_000_000_000_000n;
const MS = 1_000_000n;
const DURATIONS_NS = [0n, 1n, 999_999n, MS, 50n * MS, 51n * MS, 100n * MS, 1000n * MS, 1001n * MS, 5000n * MS, 10_000n * MS] as const;

/**
 * Absent, long ago, before every start, and later than 53 bits of nanoseconds tell. Times of 2⁶³ and more are left out:
 * negative to the Collector, and to it what comes before them in the trace is enough.
 */
const ODD_TIMES_NS = [0n, 1n, START_NS - 1000n * MS, START_NS + 2n ** 54n, 2n ** 62n] as const;

/** One attribute of each kind that policies ask for: a key always has values of one type, but `m`. */
function attributes(choice: Choice): readonly JsonObject[] {
  const list = { arrayValue: { values: choice.list(0, 3, () => scalar(choice)) } };
  const map = { kvlistValue: { values: [{ key: 'x', value: choice.chance(0.3) ? list : scalar(choice) }, { key: 'y', value: { stringValue: 'z' } }] } };
  const all: readonly JsonObject[] = [
    { key: 's.a', value: { stringValue: choice.of(STRINGS) } },
    { key: 's.b', value: { stringValue: choice.of(STRINGS) } },
    { key: 'n.a', value: { intValue: choice.of(INTEGERS) } },
    { key: 'n.b', value: { intValue: choice.of(INTEGERS) } },
    { key: 'b.a', value: { boolValue: choice.chance(0.5) } },
    { key: 'b.b', value: { boolValue: choice.chance(0.5) } },
    { key: 'd.a', value: { doubleValue: choice.of(DOUBLES) } },
    { key: 'm', value: choice.chance(0.1) ? {} : scalar(choice) },
    { key: 'l', value: list },
    { key: 'k', value: map },
  ];
  const some = choice.some(all, 0.3);
  // Now and then a key stands twice.
  return choice.chance(0.1) ? [...some, ...choice.some(all, 0.1), ...attributes(choice)] : some;
}

function scalar(choice: Choice): JsonObject {
  return choice.of<() => JsonObject>([
    () => ({ stringValue: choice.of(STRINGS) }),
    () => ({ intValue: choice.of(INTEGERS) }),
    () => ({ boolValue: choice.chance(0.5) }),
    () => ({ doubleValue: choice.of(DOUBLES) }),
  ])();
}

/** Requests with the spans of some traces: of one trace in several, and of several in one. */
export interface RandomTraces {
  readonly traceIds: readonly string[];
  readonly requests: readonly Uint8Array[];
}

export function randomTraces(choice: Choice, count: number): RandomTraces {
  const traceIds = Array.from({ length: count }, () => choice.hex(16));
  const resources = traceIds.flatMap((traceId) => {
    const ids = choice.list(1, 8, () => choice.hex(8));
    const spans = ids.map((spanId, index) => span(choice, traceId, spanId, index === 0 ? undefined : ids[choice.int(0, index - 1)]));
    return divided(choice, spans).map((part) => resourceSpans(choice, part));
  });
  const requests = divided(choice, resources).map((part) => encodeRequest('traces', { resourceSpans: part }));
  return { traceIds, requests };
}

/** In their order, in pieces of one to three. */
function divided<T>(choice: Choice, items: readonly T[]): readonly (readonly T[])[] {
  const pieces: (readonly T[])[] = [];
  for (let at = 0; at < items.length; ) {
    const size = choice.int(1, 3);
    pieces.push(items.slice(at, at + size));
    at += size;
  }
  return pieces;
}

function resourceSpans(choice: Choice, spans: readonly JsonObject[]): JsonObject {
  const scopeSpans = divided(choice, spans).map((part) => ({
    scope: { ...(choice.chance(0.8) ? { name: choice.of(STRINGS) } : {}), version: '1.0', attributes: choice.chance(0.3) ? attributes(choice) : [] },
    spans: part,
  }));
  return { resource: { attributes: attributes(choice) }, scopeSpans };
}

function span(choice: Choice, traceId: string, spanId: string, parentSpanId: string | undefined): JsonObject {
  const startNs = choice.chance(0.95) ? START_NS + choice.of(DURATIONS_NS) : choice.of(ODD_TIMES_NS);
  const endNs = choice.chance(0.95) ? startNs + choice.of(DURATIONS_NS) : choice.of(ODD_TIMES_NS);
  const members = choice.some(TRACE_STATE_KEYS, 0.3).map((key) => `${key}=${choice.of(TRACE_STATE_VALUES)}`);
  return {
    traceId: bytesOf(traceId),
    spanId: bytesOf(spanId),
    ...(parentSpanId === undefined ? {} : { parentSpanId: bytesOf(parentSpanId) }),
    ...(members.length === 0 ? {} : { traceState: members.join(choice.of([',', ', '])) }),
    flags: choice.of([0, 1, 256, 257, 768]),
    name: choice.of(STRINGS),
    kind: choice.int(0, 5),
    startTimeUnixNano: startNs,
    endTimeUnixNano: endNs,
    attributes: attributes(choice),
    droppedAttributesCount: choice.int(0, 2),
    events: choice.list(0, 2, () => ({ timeUnixNano: startNs, name: choice.of(STRINGS), attributes: attributes(choice), droppedAttributesCount: choice.int(0, 1) })),
    links: choice.list(0, 2, () => ({ traceId: bytesOf(choice.hex(16)), spanId: bytesOf(choice.hex(8)) })),
    status: { code: choice.int(0, 2), ...(choice.chance(0.3) ? { message: choice.of(STRINGS) } : {}) },
  };
}
