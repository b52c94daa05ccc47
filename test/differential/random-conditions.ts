import type { Choice } from './choice.ts';
import { STRINGS } from './random-traces.ts';

const PATTERNS = ['.', '^GET$', '(?i)get', 'v[0-9]+', '\\d{3}', '^\\w+$', '\\$5', '\\pL', '(?s)^.+$', '[^a]', 'a|b'] as const;
const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='] as const;
const CASES = ['upper', 'lower', 'snake', 'camel'] as const;

/** An OTTL condition on spans, or on span events, of the kinds that people write. */
export function randomCondition(choice: Choice, on: 'span' | 'spanevent', depth = 2): string {
  if (depth > 0 && choice.chance(0.35)) {
    const inner = (): string => randomCondition(choice, on, depth - 1);
    return choice.of<() => string>([
      () => `${inner()} and ${inner()}`,
      () => `${inner()} or ${inner()}`,
      () => `not (${inner()})`,
      () => `(${inner()} or ${inner()}) and ${inner()}`,
    ])();
  }
  return choice.of(PREDICATES)(choice, on);
}

function quoted(content: string): string {
  return `"${content.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function textLiteral(choice: Choice): string {
  return quoted(choice.of(STRINGS));
}

function numberLiteral(choice: Choice): string {
  return choice.of(['0', '1', '5', '99', '100', '404', '-1', '0.0', '1.5', '99.999']);
}

/** `attributes["…"]` of the span or event, of the span around an event, of the resource, of the scope. */
function attribute(choice: Choice, on: 'span' | 'spanevent', keys: readonly string[]): string {
  const owner = choice.of(['attributes', 'span.attributes', 'resource.attributes', ...(on === 'span' ? ['scope.attributes'] : [])]);
  return `${owner}["${choice.of(keys)}"]`;
}

function text(choice: Choice, on: 'span' | 'spanevent'): string {
  return choice.of<() => string>([
    () => attribute(choice, on, ['s.a', 's.b', 'm', 'nosuch']),
    () => 'name',
    () => 'span.name',
    () => 'span.status.message',
    () => 'scope.name',
    () => 'span.kind.string',
    () => 'span.kind.deprecated_string',
    () => 'span.trace_state["v"]',
    () => 'span.trace_id.string',
  ])();
}

/** Of numbers, some of which are missing, texts or 0. */
function sum(choice: Choice, on: 'span' | 'spanevent'): string {
  const term = (): string => choice.of<() => string>([() => attribute(choice, on, ['n.a', 'n.b', 'd.a', 'm']), () => numberLiteral(choice)])();
  return `${term()} ${choice.of(['+', '-', '*', '/'])} ${choice.chance(0.3) ? `(${term()} - ${term()})` : term()}`;
}

const KEYS = ['s.a', 'n.a', 'n.b', 'b.a', 'd.a', 'm', 'l', 'k', 'nosuch'];

const PREDICATES: readonly ((choice: Choice, on: 'span' | 'spanevent') => string)[] = [
  (choice, on) => `${attribute(choice, on, ['s.a', 's.b'])} ${choice.of(COMPARISONS)} ${textLiteral(choice)}`,
  (choice, on) => `${attribute(choice, on, ['n.a', 'n.b', 'd.a', 'm'])} ${choice.of(COMPARISONS)} ${numberLiteral(choice)}`,
  (choice, on) => `${attribute(choice, on, ['b.a', 'b.b'])} ${choice.of(['==', '!='])} ${choice.of(['true', 'false'])}`,
  (choice, on) => `${attribute(choice, on, KEYS)} ${choice.of(['==', '!='])} nil`,
  (choice, on) => `${attribute(choice, on, KEYS)} ${choice.of(COMPARISONS)} ${attribute(choice, on, KEYS)}`,
  (choice, on) => `${attribute(choice, on, ['k'])}["x"] ${choice.of(['==', '!='])} ${choice.of(['nil', '"a"', '1', 'true'])}`,
  (choice, on) => `${attribute(choice, on, ['l'])}[${choice.int(0, 1)}] ${choice.of(['==', '!='])} ${choice.of(['"a"', '1', 'nil'])}`,
  (choice, on) => `IsMatch(${text(choice, on)}, ${quoted(choice.of(PATTERNS))})`,
  (choice, on) => `${choice.of(['HasPrefix', 'HasSuffix'])}(${text(choice, on)}, ${textLiteral(choice)})`,
  (choice, on) => `${choice.of(['IsString', 'IsInt', 'IsDouble', 'IsBool', 'IsMap', 'IsList'])}(${attribute(choice, on, KEYS)})`,
  (choice, on) => `Int(${attribute(choice, on, KEYS)}) ${choice.of(COMPARISONS)} ${choice.of(['0', '5', '100'])}`,
  (choice, on) => `Double(${attribute(choice, on, KEYS)}) ${choice.of(COMPARISONS)} ${numberLiteral(choice)}`,
  (choice, on) => `String(${attribute(choice, on, KEYS)}) ${choice.of(['==', '!='])} ${textLiteral(choice)}`,
  (choice, on) => `Len(${attribute(choice, on, ['s.a', 'l', 'k', 'm'])}) ${choice.of(COMPARISONS)} ${choice.int(0, 4)}`,
  (choice, on) => `Concat([${text(choice, on)}, ${text(choice, on)}], "-") ${choice.of(['==', '!='])} ${textLiteral(choice)}`,
  (choice, on) => `Substring(${text(choice, on)}, 0, ${choice.int(1, 3)}) ${choice.of(['==', '!='])} ${textLiteral(choice)}`,
  (choice, on) => `Split(${text(choice, on)}, ".")[0] ${choice.of(['==', '!='])} ${textLiteral(choice)}`,
  (choice, on) => `ConvertCase(${text(choice, on)}, "${choice.of(CASES)}") ${choice.of(['==', '!='])} ${textLiteral(choice)}`,
  (choice, on) => `${choice.of(['ToLowerCase', 'ToUpperCase'])}(${text(choice, on)}) ${choice.of(['==', '!='])} ${textLiteral(choice)}`,
  (choice, on) => `ContainsValue(${attribute(choice, on, ['l'])}, ${choice.of(['"a"', '1', 'true'])})`,
  (choice) => `span.kind ${choice.of(['==', '!='])} SPAN_KIND_${choice.of(['SERVER', 'CLIENT', 'INTERNAL', 'UNSPECIFIED'])}`,
  (choice) => `span.status.code ${choice.of(['==', '!='])} STATUS_CODE_${choice.of(['OK', 'ERROR', 'UNSET'])}`,
  (choice) => `span.end_time - span.start_time ${choice.of(COMPARISONS)} Duration("${choice.of(['0s', '1ms', '50ms', '1s'])}")`,
  (choice) => `span.parent_span_id ${choice.of(['==', '!='])} SpanID(0x0000000000000000)`,
  (choice, on) => `2 * ${attribute(choice, on, ['n.a'])} ${choice.of(COMPARISONS)} ${choice.of(['10', '200', '808'])}`,
  (choice) => `span.dropped_attributes_count ${choice.of(COMPARISONS)} 1`,
  (choice, on) => (on === 'span' ? 'IsRootSpan()' : choice.of(['true', 'false'])),
  (choice, on) => `IsMatch(${attribute(choice, on, KEYS)}, ${quoted(choice.of(PATTERNS))})`,
  (choice, on) => `${choice.of(['HasPrefix', 'HasSuffix'])}(${attribute(choice, on, KEYS)}, ${textLiteral(choice)})`,
  (choice, on) => `Concat([${attribute(choice, on, KEYS)}, ${text(choice, on)}, "x"], "") ${choice.of(['==', '!='])} ${textLiteral(choice)}`,
  (choice, on) => `Substring(${text(choice, on)}, ${choice.int(0, 3)}, ${choice.int(0, 5)}) ${choice.of(['==', '!='])} ${textLiteral(choice)}`,
  (choice, on) => `Split(${text(choice, on)}, "${choice.of(['', ' ', '/'])}")[${choice.int(0, 2)}] ${choice.of(['==', '!='])} ${textLiteral(choice)}`,
  (choice, on) => `${sum(choice, on)} ${choice.of(COMPARISONS)} ${numberLiteral(choice)}`,
  (choice, on) => `${numberLiteral(choice)} ${choice.of(COMPARISONS)} ${sum(choice, on)}`,
  (choice) => `Milliseconds(span.end_time - span.start_time) ${choice.of(COMPARISONS)} ${choice.of(['0', '50', '50.5', '1000'])}`,
  (choice) => `Seconds(Duration("${choice.of(['1m', '90s', '1.5h', '50ms'])}")) ${choice.of(COMPARISONS)} ${choice.of(['0.05', '60', '90.0'])}`,
  (choice) => `UnixNano(span.${choice.of(['start_time', 'end_time'])}) ${choice.of(COMPARISONS)} 1790000000050000000`,
  (choice) => `span.end_time_unix_nano - span.start_time_unix_nano ${choice.of(COMPARISONS)} ${choice.of(['0', '999999', '50000000'])}`,
  (choice) => `span.start_time + Duration("50ms") ${choice.of(COMPARISONS)} span.end_time`,
  (choice, on) => `SHA256(${text(choice, on)}) ${choice.of(['==', '!='])} SHA256(${textLiteral(choice)})`,
  (choice, on) => `FNV(${text(choice, on)}) ${choice.of(COMPARISONS)} FNV(${textLiteral(choice)})`,
  (choice, on) => `URL(${text(choice, on)})["url.path"] ${choice.of(['==', '!='])} ${textLiteral(choice)}`,
  (choice) => `span.kind ${choice.of(COMPARISONS)} ${choice.int(0, 5)}`,
  (choice) => `span.status.code ${choice.of(COMPARISONS)} ${choice.int(0, 2)}`,
  (choice) => `span.kind.string ${choice.of(COMPARISONS)} "${choice.of(['Server', 'Client', 'Unspecified'])}"`,
  (choice) => `span.trace_state ${choice.of(['==', '!='])} ${choice.of(['""', '"v=a"', 'nil'])}`,
  (choice, on) => `Len(${choice.of(['attributes', 'span.attributes', 'resource.attributes'])}) ${choice.of(COMPARISONS)} ${choice.int(0, 4)}${on === 'span' ? '' : ' or Len(name) > 2'}`,
  (choice, on) => `${attribute(choice, on, ['l'])} ${choice.of(['==', '!='])} ${choice.of(['["a"]', '[]', '["a", 1]'])}`,
  (choice, on) => `String(${attribute(choice, on, ['l', 'k', 'd.a'])}) ${choice.of(COMPARISONS)} String(${attribute(choice, on, ['l', 'k', 'd.a', 's.a'])})`,
  (choice, on) => `ContainsValue(${attribute(choice, on, ['l', 'm', 's.a'])}, ${choice.of(['"a"', '1', '1.5', 'true', 'nil'])})`,
  (choice, on) => `Len(${text(choice, on)}) ${choice.of(COMPARISONS)} ${choice.int(0, 5)}`,
  (choice, on) => `${text(choice, on)} ${choice.of(COMPARISONS)} ${text(choice, on)}`,
  (choice, on) => `Int(${text(choice, on)}) ${choice.of(COMPARISONS)} Double(${text(choice, on)})`,
  (choice, on) => (on === 'span' ? `span.dropped_events_count == ${choice.int(0, 1)}` : `spanevent.dropped_attributes_count ${choice.of(COMPARISONS)} 1`),
];
