import { describe, expect, test } from 'vitest';
import { bytesOf, encodeRequest, type JsonObject } from '../../../../support/otlp.ts';
import { keyValues, requestOf, SPAN, spanWith, TraceInWindow } from './condition-rig.ts';

const ROOT = spanWith({ name: 'root', spanId: bytesOf('0a'.repeat(8)), startTimeUnixNano: '1000', endTimeUnixNano: '2500' });
const CHILD = spanWith({
  name: 'child',
  parentSpanId: bytesOf('0a'.repeat(8)),
  startTimeUnixNano: '900',
  endTimeUnixNano: '1900',
  attributes: keyValues({ i: { intValue: 6 } }),
});
const ORPHAN = spanWith({ name: 'orphan', parentSpanId: bytesOf('0b'.repeat(8)), startTimeUnixNano: '0', endTimeUnixNano: '0' });

describe('the whole trace', () => {
  const trace = new TraceInWindow(requestOf(CHILD), requestOf(ROOT, ROOT));

  test.each([
    'trace.span_count == 3',
    'trace.duration == Duration("1600ns")',
    'trace.duration < Duration("1ms") and Nanoseconds(trace.duration) == 1600',
    'name == "child" and trace.root.name == "root"',
    'name == "child" and trace.root.attributes["i"] == 5 and attributes["i"] == 6',
    'name == "child" and trace.root.attributes["m"]["n"]["y"] == 3 and Len(trace.root.attributes) == 19',
    'name == "child" and trace.root.span_id == parent_span_id and trace.root.status.code == STATUS_CODE_ERROR',
    'name == "child" and start_time < trace.root.start_time',
  ])('%s', (condition) => {
    expect(trace.ask(condition)).toBe('true');
  });

  test('can be asked of events too', () => {
    expect(trace.ask('name == "ev" and span.name == "child" and trace.root.name == "root"', 'spanevent')).toBe('true');
  });

  test('may have no root: its fields are nil then', () => {
    const rootless = new TraceInWindow(requestOf(ORPHAN));
    expect(rootless.ask('trace.root.name == nil and trace.root.attributes["i"] == nil and trace.root.trace_state["a"] == nil')).toBe('true');
    expect(rootless.ask('Len(trace.root.name) == 0')).toBe('error');
  });

  test('may end before it starts', () => {
    const backwards = new TraceInWindow(requestOf(spanWith({ startTimeUnixNano: '1700000000000000000', endTimeUnixNano: '0' })));
    expect(backwards.ask('trace.duration == Duration("-1700000000000000000ns")')).toBe('true');
    expect(backwards.ask('trace.duration == end_time - start_time')).toBe('true');
  });
});

describe('what spans share is theirs alone', () => {
  const part = (resource: string, scope: string, ...names: readonly string[]): JsonObject => ({
    resource: { attributes: keyValues({ r: { stringValue: resource } }) },
    scopeSpans: [{ scope: { name: scope }, spans: names.map((name) => spanWith({ name, events: [{ name: `${name}1` }, { name: `${name}2` }] })) }],
  });
  const both = encodeRequest('traces', { resourceSpans: [part('r1', 's1', 'a', 'b'), part('r2', 's1', 'c'), part('r2', 's2', 'd')] });
  const trace = new TraceInWindow(both, encodeRequest('traces', { resourceSpans: [part('r1', 's2', 'e')] }));
  const places = new Set(['r1 s1 a', 'r1 s1 b', 'r2 s1 c', 'r2 s2 d', 'r1 s2 e']);

  test('however they are combined', () => {
    for (const resource of ['r1', 'r2']) {
      for (const scope of ['s1', 's2']) {
        for (const name of ['a', 'b', 'c', 'd', 'e']) {
          const isThere = places.has(`${resource} ${scope} ${name}`);
          const condition = `resource.attributes["r"] == "${resource}" and scope.name == "${scope}" and span.name == "${name}"`;
          expect(trace.ask(condition)).toBe(isThere ? 'true' : 'false');
          expect(trace.ask(`${condition} and name == "${name}2"`, 'spanevent')).toBe(isThere ? 'true' : 'false');
          expect(trace.ask(`Concat([resource.attributes["r"], scope.name, name], " ") == "${resource} ${scope} ${name}"`)).toBe(isThere ? 'true' : 'false');
        }
      }
    }
  });

  test('by the index of the event, too', () => {
    expect(trace.ask('span.name == "d" and event_index == 1 and name == "d2"', 'spanevent')).toBe('true');
    expect(trace.ask('event_index == 1 and HasSuffix(name, "1")', 'spanevent')).toBe('false');
  });
});

test('of a key that stands twice the first counts', () => {
  const twice = [...keyValues({ k: { intValue: 1 } }), ...keyValues({ k: { intValue: 2 } })];
  const trace = new TraceInWindow(requestOf({ ...SPAN, attributes: twice }));
  expect(trace.ask('attributes["k"] == 1 and Len(attributes) == 2 and attributes[Concat(["k"], "")] == 1')).toBe('true');
  expect(trace.ask('String(attributes) == "{\\"k\\":2}"')).toBe('true');
});

test('what is not set has the value of nothing', () => {
  const bare: JsonObject = { traceId: bytesOf('01'.repeat(16)), spanId: bytesOf('02'.repeat(8)) };
  const trace = new TraceInWindow(encodeRequest('traces', { resourceSpans: [{ scopeSpans: [{ spans: [bare] }] }] }));
  expect(trace.ask('name == "" and kind == 0 and kind.string == "Unspecified" and status.code == 0 and status.message == "" and flags == 0')).toBe('true');
  expect(trace.ask('start_time_unix_nano == 0 and UnixNano(end_time) == 0 and trace_state == "" and trace_state["a"] == ""')).toBe('true');
  expect(trace.ask('attributes == {} and resource.attributes == {} and scope.attributes == {} and scope.name == "" and Len(events) == 0')).toBe('true');
  expect(trace.ask('parent_span_id.string == "0000000000000000" and IsRootSpan()')).toBe('true');
});

test('times beyond 63 bits are negative, as in the Collector', () => {
  const trace = new TraceInWindow(requestOf(spanWith({ startTimeUnixNano: '18446744073709551615', endTimeUnixNano: '9223372036854775808' })));
  expect(trace.ask('start_time_unix_nano == -1 and UnixNano(start_time) == -1 and UnixSeconds(start_time) == -1')).toBe('true');
  expect(trace.ask('end_time_unix_nano < -9223372036854775807 and end_time < start_time')).toBe('true');
});

const membersOf = (count: number): string => Array.from({ length: count }, (_, i) => `a${i === 0 ? '' : i}=1`).join(',');

test('a malformed tracestate has no members', () => {
  const stateOf = (traceState: string) => new TraceInWindow(requestOf(spanWith({ traceState })));
  for (const bad of ['bad', 'a=1,a=2', 'A=1', 'a=', '=1', 'a=1, ,b=2', 'a =1', membersOf(33)]) expect(stateOf(bad).ask('trace_state["a"] == nil')).toBe('true');
  for (const good of ['a=1,', 'a=1,,b=2', 'a= 1', membersOf(32)]) expect(stateOf(good).ask('trace_state["a"] != nil')).toBe('true');
  expect(stateOf(' a=1 ,\tb=x y').ask('trace_state["a"] == "1" and trace_state["b"] == "x y"')).toBe('true');
});
