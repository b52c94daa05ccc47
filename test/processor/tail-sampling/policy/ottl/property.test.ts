import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOf, decodeRequest, encodeRequest, type JsonObject } from '../../../../support/otlp.ts';
import { holds } from '../../../../support/property.ts';
import { mistakes, TraceInWindow } from './condition-rig.ts';
import { conditions, DOUBLES, INTEGERS, KEYS, type Subject, TEXTS, verdictOf } from './model-condition.ts';

const text = fc.constantFrom(...TEXTS);
const small = fc.nat(3);

const anyValue: fc.Arbitrary<JsonObject> = fc.letrec<{ value: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text.map((stringValue) => ({ stringValue })),
    fc.constantFrom(...INTEGERS).map((intValue) => ({ intValue })),
    fc.constantFrom(...DOUBLES, Number.NaN).map((doubleValue) => ({ doubleValue })),
    fc.boolean().map((boolValue) => ({ boolValue })),
    fc.constantFrom('', '0102').map((hex) => ({ bytesValue: bytesOf(hex) })),
    fc.constant({}),
    fc.array(tie('value'), { maxLength: 3 }).map((values) => ({ arrayValue: { values } })),
    fc.array(fc.tuple(fc.constantFrom(...KEYS), tie('value')), { maxLength: 3 }).map((entries) => ({
      kvlistValue: { values: entries.map(([key, value]) => ({ key, value })) },
    })),
  ),
})).value;

/** Keys repeat. */
const attributes = fc.array(fc.record({ key: fc.constantFrom(...KEYS), value: anyValue }), { maxLength: 4 });
const time = fc.constantFrom('0', '1', '1700000000123456789', '1700000001123456789', '9223372036854775807');

const event = fc.record({ name: text, timeUnixNano: time, attributes });

const span: fc.Arbitrary<JsonObject> = fc.record({
  traceId: fc.constant(bytesOf('01'.repeat(16))),
  spanId: fc.uint8Array({ minLength: 8, maxLength: 8 }),
  parentSpanId: fc.constantFrom(bytesOf(''), bytesOf('02'.repeat(8))),
  name: text,
  kind: fc.nat(5),
  startTimeUnixNano: time,
  endTimeUnixNano: time,
  attributes,
  droppedLinksCount: small,
  status: fc.record({ code: fc.nat(2), message: text }),
  events: fc.array(event, { maxLength: 3 }),
});

const request: fc.Arbitrary<JsonObject> = fc.record({
  resourceSpans: fc.array(
    fc.record({
      resource: fc.record({ attributes, droppedAttributesCount: small }),
      scopeSpans: fc.array(
        fc.record({ scope: fc.record({ name: text, version: text, attributes }), spans: fc.array(span, { minLength: 1, maxLength: 3 }) }),
        { minLength: 1, maxLength: 2 },
      ),
    }),
    { minLength: 1, maxLength: 2 },
  ),
});

/** All spans of some requests, or all their events, as protobufjs decodes them. */
function subjectsOf(requests: readonly Uint8Array[], isOnEvents: boolean): readonly Subject[] {
  const spans = requests.flatMap((bytes) =>
    (decodeRequest('traces', bytes).resourceSpans ?? []).flatMap(({ resource = {}, scopeSpans = [] }) =>
      scopeSpans.flatMap(({ scope = {}, spans: inside = [] }) => inside.map((one) => ({ resource, scope, span: one as unknown as JsonObject }))),
    ),
  );
  const root = spans.find(({ span: { parentSpanId } }) => parentSpanId === undefined || (parentSpanId as Uint8Array).length === 0)?.span;
  return spans.flatMap((one): readonly Subject[] => {
    const subject: Subject = { ...one, event: undefined, spanCount: spans.length, root };
    if (!isOnEvents) return [subject];
    return ((one.span['events'] as readonly JsonObject[] | undefined) ?? []).map((inside) => ({ ...subject, event: inside }));
  });
}

for (const [where, isOnEvents] of [['span', false], ['spanevent', true]] as const) {
  test(`what a condition on a ${where} says over bytes, it says over decoded spans`, () => {
    holds(
      fc.property(conditions(isOnEvents), fc.array(request, { minLength: 1, maxLength: 3 }), (condition, requests) => {
        const encoded = requests.map((one) => encodeRequest('traces', one));
        expect(mistakes(condition.source, where)).toEqual([]);
        expect(new TraceInWindow(...encoded).ask(condition.source, where)).toBe(verdictOf(condition, subjectsOf(encoded, isOnEvents)));
      }),
      800,
    );
  });
}
