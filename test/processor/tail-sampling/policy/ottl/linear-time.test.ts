import { describe, expect, test } from 'vitest';
import type { ConditionContext } from '../../../../../src/processor/tail-sampling/policy/ottl/paths.ts';
import { delimited, varint } from '../../../../support/odd-protobuf.ts';
import { encodeRequest, type JsonObject } from '../../../../support/otlp.ts';
import { keyValues, list, map, mistakes, requestOf, spanWith, TraceInWindow, type Verdict } from './condition-rig.ts';

/**
 * What an attacker who knows the conditions can send. Each of these takes minutes or ends in a full stack where work is
 * done again for each span or event, or more than a span is long; the limit is far above what they take.
 */
const LIMIT_MS = 10_000;

const MEGABYTE = 1024 * 1024;
const LONG = 'a'.repeat(MEGABYTE);

function expectQuick(trace: TraceInWindow, condition: string, verdict: Verdict, context?: ConditionContext): void {
  expect(mistakes(condition, context)).toEqual([]);
  expect(trace.ask(condition, context)).toBe(verdict);
}

function resourceOf(attributes: Readonly<Record<string, JsonObject>>, spans: readonly JsonObject[]): Uint8Array {
  return encodeRequest('traces', { resourceSpans: [{ resource: { attributes: keyValues(attributes) }, scopeSpans: [{ spans }] }] });
}

/** A KeyValue with so many lists inside each other; deeper than encoders go. */
function deepAttribute(key: string, depth: number): Uint8Array {
  const lengths = [0];
  for (let level = 1; level < 2 * depth; level++) lengths.push(lengths[level - 1]! + varint(BigInt(lengths[level - 1]!)).length + 1);
  // From the outside: AnyValue.array_value, ArrayValue.values, and so on.
  const pieces = lengths.toReversed().flatMap((length, level) => [Uint8Array.of(level % 2 === 0 ? 0x2a : 0x0a), varint(BigInt(length))]);
  return Buffer.concat([delimited(1, Buffer.from(key)), delimited(2, Buffer.concat(pieces))]);
}

function spanWithAttributes(...keyValueMessages: readonly Uint8Array[]): Uint8Array {
  const span = Buffer.concat([delimited(1, bare.traceId), delimited(2, bare.spanId), ...keyValueMessages.map((one) => delimited(9, one))]);
  return delimited(1, delimited(2, delimited(2, span)));
}

const bare = { traceId: new Uint8Array(16).fill(1), spanId: new Uint8Array(8).fill(2) };

describe('one evaluation is linear in its trace', () => {
  test('with a long resource and many spans', { timeout: LIMIT_MS }, () => {
    const trace = new TraceInWindow(resourceOf({ a: { stringValue: LONG } }, Array.from({ length: 20_000 }, () => bare)));
    expectQuick(trace, 'IsMatch(resource.attributes["a"], "b$")', 'false');
    expectQuick(trace, 'IsMatch(resource.attributes["a"], "b$") and name == "x" or ToUpperCase(resource.attributes["a"]) == SHA256(name)', 'false');
    expectQuick(trace, 'resource.attributes == {"a": "b"} or String(resource.attributes) == name', 'false');
  });

  test('with a long span and many events', { timeout: LIMIT_MS }, () => {
    const attributes = keyValues({ a: { stringValue: LONG }, l: list(...Array.from({ length: 100_000 }, () => ({}))), m: map(Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`k${i}`, {}]))) });
    const trace = new TraceInWindow(requestOf(spanWith({ attributes, events: Array.from({ length: 20_000 }, () => ({ name: 'e' })) })));
    expectQuick(trace, 'IsMatch(span.attributes["a"], "b$")', 'false', 'spanevent');
    expectQuick(trace, 'ContainsValue(span.attributes["l"], 1) or span.attributes["m"] == {} or Len(span.attributes) == 0', 'false', 'spanevent');
    expectQuick(trace, 'HasPrefix(span.attributes["a"], name) or Len(span.attributes["a"]) == Len(name)', 'false', 'spanevent');
    // What mixes both cannot be worked out once: it is given up.
    expectQuick(trace, 'IsMatch(Concat([name, span.attributes["a"]], ""), "b$")', 'error', 'spanevent');
    expectQuick(trace, 'ContainsValue(span.attributes["l"], name)', 'error', 'spanevent');
    expectQuick(trace, 'Split(Concat([name, span.attributes["a"]], ""), "b")[1] == "c"', 'error', 'spanevent');
  });

  test('with a flood of attributes', { timeout: LIMIT_MS }, () => {
    const flood = Array.from({ length: 200_000 }, (_, i) => ({ key: `k${i % 1000}`, value: { intValue: i } }));
    const trace = new TraceInWindow(requestOf(spanWith({ attributes: flood })));
    expectQuick(trace, 'attributes == attributes and attributes[Concat(["k", "5"], "")] == 5 and attributes["k7"] == 7', 'false');
    expectQuick(trace, 'Len(attributes) == 200000 and attributes[Concat(["k", "5"], "")] == 5 and Len(String(attributes)) > 5', 'true');
  });

  test('with deep values', { timeout: LIMIT_MS }, () => {
    const trace = new TraceInWindow(spanWithAttributes(deepAttribute('deep', 100), deepAttribute('deeper', 101), deepAttribute('deepest', 300_000)));
    expectQuick(trace, 'Len(attributes["deep"]) == 1 and attributes["deep"] == attributes["deep"]', 'true');
    expectQuick(trace, 'Len(attributes["deeper"]) == 1', 'error');
    expectQuick(trace, 'Len(attributes["deepest"]) == 1', 'error');
    expectQuick(trace, 'attributes == {}', 'error');
    expectQuick(trace, 'attributes["none"] == nil', 'true');
  });

  test('with patterns that make other engines go round in circles', { timeout: LIMIT_MS }, () => {
    const trace = new TraceInWindow(requestOf(spanWith({ name: `${'a'.repeat(200_000)}!`, attributes: keyValues({ p: { stringValue: '(a*)*b|(a|aa)+$' } }) })));
    expectQuick(trace, 'IsMatch(name, "(a*)*b") or IsMatch(name, "^(a|aa)+$")', 'false');
    expectQuick(trace, 'IsMatch(name, attributes["p"])', 'false');
    const large = new TraceInWindow(requestOf(spanWith({ name: LONG, attributes: keyValues({ p: { stringValue: `(${'a?'.repeat(500)}){1,2}b` } }) })));
    expectQuick(large, 'IsMatch(name, attributes["p"])', 'error');
  });

  test('with texts that numbers, durations and URLs are read from', { timeout: LIMIT_MS }, () => {
    const digits = '9'.repeat(MEGABYTE);
    const texts = { digits, spaces: ' '.repeat(MEGABYTE), seconds: '1s'.repeat(MEGABYTE / 2), underscores: '1_'.repeat(MEGABYTE / 2), url: `http://${'a:'.repeat(MEGABYTE / 2)}`, query: `?${'a=b&'.repeat(MEGABYTE / 4)}` };
    const attributes = keyValues(Object.fromEntries(Object.entries(texts).map(([key, stringValue]) => [key, { stringValue }])));
    const trace = new TraceInWindow(requestOf(spanWith({ attributes })));
    expectQuick(trace, 'Int(attributes["digits"]) == nil and Int(attributes["underscores"]) == nil', 'true');
    for (const failing of ['Double(attributes["digits"])', 'Double(attributes["underscores"])', 'Duration(attributes["digits"])', 'Duration(attributes["seconds"])', 'Duration(attributes["underscores"])', 'URL(attributes["url"])', 'URL(attributes["query"])']) {
      expectQuick(trace, `${failing} == nil`, 'error');
    }
    expectQuick(trace, 'Trim(attributes["spaces"]) == "" and ToSnakeCase(attributes["spaces"]) == "" and ToCamelCase(attributes["digits"]) != ""', 'true');
    for (const traceState of ['a=1,'.repeat(MEGABYTE / 4), Array.from({ length: 200_000 }, (_, i) => `a${i}=1`).join(','), `a=${' '.repeat(MEGABYTE)}x`]) {
      expectQuick(new TraceInWindow(requestOf(spanWith({ traceState }))), 'trace_state["b"] == nil', 'true');
    }
  });
});
