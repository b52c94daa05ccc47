import fc from 'fast-check';
import type { JsonObject } from '../../../../support/otlp.ts';
import { bool, compared, double, entryOf, fail, int, ModelFailure, type ModelValue, NIL, ofKeyValues, type Operator, text } from './model-value.ts';

/** What a condition is asked of, fully decoded. */
export interface Subject {
  readonly resource: JsonObject;
  readonly scope: JsonObject;
  readonly span: JsonObject;
  /** Undefined for conditions on spans. */
  readonly event: JsonObject | undefined;
  readonly spanCount: number;
  readonly root: JsonObject | undefined;
}

/** A value as it is written and, beside it, what it is. */
export interface ModelExpression {
  readonly source: string;
  /** Whether it is written as it is. */
  readonly isLiteral: boolean;
  readonly value: (subject: Subject) => ModelValue;
}

export interface ModelCondition {
  readonly source: string;
  /** What is known before there are spans. */
  readonly constant: boolean | undefined;
  /** Throws ModelFailure where it cannot be evaluated. */
  readonly test: (subject: Subject) => boolean;
}

export const KEYS = ['a', 'b', 'ключ'];
export const TEXTS = ['', 'a', 'ab', 'a.b', 'GET /x', 'ü', '😀', '42'];
export const INTEGERS = [0n, 1n, -1n, 2n, 42n, 2n ** 53n + 1n, 2n ** 63n - 1n];
export const DOUBLES = [0, 1, -1.5, 42, 1e21];

const quoted = (value: string): string => JSON.stringify(value);

function literal(source: string, value: ModelValue): ModelExpression {
  return { source, isLiteral: true, value: () => value };
}

function expression(source: string, value: (subject: Subject) => ModelValue): ModelExpression {
  return { source, isLiteral: false, value };
}

const literals = fc.oneof(
  fc.constantFrom(...TEXTS).map((value) => literal(quoted(value), text(value))),
  fc.constantFrom(...INTEGERS).map((value) => literal(String(value), int(value))),
  fc.constantFrom(...DOUBLES).map((value) => literal(Number.isInteger(value) ? `${BigInt(value)}.0` : String(value), double(value))),
  fc.constantFrom(literal('nil', NIL), literal('true', bool(true)), literal('false', bool(false))),
  fc.constant(literal('0x0102', { kind: 'bytes', value: Buffer.from([1, 2]) })),
  fc.constant(literal('[1, "a"]', { kind: 'list', value: [int(1), text('a')] })),
  fc.constant(literal('{"a": 1}', { kind: 'map', value: [['a', int(1)]] })),
);

const field = (from: (subject: Subject) => JsonObject | undefined, name: string, zero: unknown) => (subject: Subject) => from(subject)?.[name] ?? zero;
const textField = (from: (subject: Subject) => JsonObject | undefined, name: string) => (subject: Subject) => text(field(from, name, '')(subject) as string);
const intField = (from: (subject: Subject) => JsonObject | undefined, name: string) => (subject: Subject) =>
  int(BigInt(field(from, name, 0)(subject) as string | number));

const span = (subject: Subject) => subject.span;
const status = (subject: Subject) => subject.span['status'] as JsonObject | undefined;
const event = (subject: Subject) => subject.event;

const spanPaths: readonly ModelExpression[] = [
  expression('span.name', textField(span, 'name')),
  expression('span.kind', intField(span, 'kind')),
  expression('span.status.code', intField(status, 'code')),
  expression('span.status.message', textField(status, 'message')),
  expression('span.dropped_links_count', intField(span, 'droppedLinksCount')),
  expression('span.start_time_unix_nano', intField(span, 'startTimeUnixNano')),
  expression('span.end_time_unix_nano', intField(span, 'endTimeUnixNano')),
  expression('span.span_id.string', (subject) => text(Buffer.from(subject.span['spanId'] as Uint8Array).toString('hex'))),
  expression('scope.name', textField(({ scope }) => scope, 'name')),
  expression('scope.version', textField(({ scope }) => scope, 'version')),
  expression('resource.dropped_attributes_count', intField(({ resource }) => resource, 'droppedAttributesCount')),
  expression('trace.span_count', ({ spanCount }) => int(spanCount)),
  expression('trace.root.name', (subject) => (subject.root === undefined ? NIL : textField(({ root }) => root, 'name')(subject))),
];

const eventPaths: readonly ModelExpression[] = [
  expression('spanevent.name', textField(event, 'name')),
  expression('time_unix_nano', intField(event, 'timeUnixNano')),
  expression('name', textField(event, 'name')),
];

function attributesOf(message: JsonObject | undefined): ModelValue {
  return ofKeyValues(message?.['attributes'] as readonly JsonObject[] | undefined);
}

type Key = string | number;

/** The value under keys in attributes: nil where a map lacks one, a failure where there is no map or list. */
function under(map: ModelValue, keys: readonly Key[]): ModelValue {
  let value = map;
  for (const key of keys) {
    if (value.kind === 'map' && typeof key === 'string') {
      const entry = entryOf(value, key);
      if (entry === undefined) return NIL;
      value = entry;
    } else if (value.kind === 'list' && typeof key === 'number' && key < value.value.length) {
      value = value.value[key]!;
    } else {
      return fail();
    }
  }
  return value;
}

const key = fc.constantFrom(...KEYS);
const keys = fc.tuple(key, fc.array(fc.oneof(key, fc.constantFrom(0, 1)), { maxLength: 2 })).map(([first, others]): readonly Key[] => [first, ...others]);

function attribute(where: string, from: (subject: Subject) => JsonObject | undefined): fc.Arbitrary<ModelExpression> {
  return keys.map((path) =>
    expression(`${where}.attributes${path.map((one) => `[${typeof one === 'string' ? quoted(one) : one}]`).join('')}`, (subject) =>
      under(attributesOf(from(subject)), path),
    ),
  );
}

const attributes = fc.oneof(
  attribute('span', span),
  attribute('resource', ({ resource }) => resource),
  attribute('scope', ({ scope }) => scope),
  attribute('trace.root', ({ root }) => root ?? { attributes: [] }),
);

const paths = (isOnEvents: boolean) =>
  isOnEvents
    ? fc.oneof(fc.constantFrom(...spanPaths), fc.constantFrom(...eventPaths), attributes, attribute('spanevent', event))
    : fc.oneof(fc.constantFrom(...spanPaths), attributes);

/** Of an expression, another. */
function applied(name: string, inner: ModelExpression, apply: (value: ModelValue) => ModelValue): ModelExpression {
  return expression(`${name}(${inner.source})`, (subject) => apply(inner.value(subject)));
}

function length(value: ModelValue): ModelValue {
  if (value.kind === 'text' || value.kind === 'bytes' || value.kind === 'list' || value.kind === 'map') return int(value.value.length);
  return fail();
}

function calculated(a: ModelExpression, operator: '+' | '-' | '*' | '/', b: ModelExpression): ModelExpression {
  return expression(`(${a.source} ${operator} ${b.source})`, (subject) => {
    const [x, y] = [a.value(subject), b.value(subject)];
    if (x.kind === 'int' && y.kind === 'int') {
      if (operator === '/' && y.value === 0n) fail();
      return int({ '+': () => x.value + y.value, '-': () => x.value - y.value, '*': () => x.value * y.value, '/': () => x.value / y.value }[operator]());
    }
    if ((x.kind !== 'int' && x.kind !== 'double') || (y.kind !== 'int' && y.kind !== 'double')) return fail();
    const [p, q] = [Number(x.value), Number(y.value)];
    if (operator === '/' && q === 0) fail();
    return double({ '+': p + q, '-': p - q, '*': p * q, '/': p / q }[operator]);
  });
}

const KIND_TESTS = { IsString: 'text', IsInt: 'int', IsDouble: 'double', IsBool: 'bool', IsMap: 'map', IsList: 'list' } as const;

function hasPart(name: 'HasPrefix' | 'HasSuffix', target: ModelExpression, part: string): ModelExpression {
  return expression(`${name}(${target.source}, ${quoted(part)})`, (subject) => {
    const value = target.value(subject);
    if (value.kind !== 'text') return fail();
    const wanted = Buffer.from(part);
    const found = name === 'HasPrefix' ? value.value.subarray(0, wanted.length) : value.value.subarray(Math.max(0, value.value.length - wanted.length));
    return bool(found.equals(wanted));
  });
}

function concatenated(parts: readonly ModelExpression[], delimiter: string): ModelExpression {
  return expression(`Concat([${parts.map(({ source }) => source).join(', ')}], ${quoted(delimiter)})`, (subject) =>
    text(parts.map((part) => asText(part.value(subject))).join(delimiter)),
  );
}

/** Of texts, integers, booleans and nil only; the others have tables. */
function asText(value: ModelValue): string {
  if (value.kind === 'text') return value.value.toString();
  return value.kind === 'nil' ? '<nil>' : String((value as { value: unknown }).value);
}

function isTextual(value: ModelExpression): boolean {
  return value.isLiteral && ['text', 'int', 'bool', 'nil'].includes(value.value(undefined as never).kind);
}

function substring(target: ModelExpression, start: number, count: number): ModelExpression {
  return expression(`Substring(${target.source}, ${start}, ${count})`, (subject) => {
    const value = target.value(subject);
    if (value.kind !== 'text' || count <= 0 || start + count > value.value.length) return fail();
    return { kind: 'text', value: value.value.subarray(start, start + count) };
  });
}

function contains(target: ModelExpression, item: ModelExpression): ModelExpression {
  return expression(`ContainsValue(${target.source}, ${item.source})`, (subject) => {
    const list = target.value(subject);
    const wanted = item.value(subject);
    return list.kind === 'list' ? bool(list.value.some((one) => compared(one, '==', wanted))) : fail();
  });
}

/** Values of a condition on spans, or on span events. */
function expressions(isOnEvents: boolean): fc.Arbitrary<ModelExpression> {
  const path = paths(isOnEvents);
  const { value } = fc.letrec<{ value: ModelExpression; number: ModelExpression }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      { weight: 3, arbitrary: path },
      { weight: 2, arbitrary: literals },
      { weight: 1, arbitrary: tie('number') },
      { weight: 1, arbitrary: fc.tuple(path, fc.nat(2), fc.nat(3)).map(([target, start, count]) => substring(target, start, count)) },
      {
        weight: 1,
        arbitrary: fc.tuple(fc.array(fc.oneof(literals.filter(isTextual), fc.constantFrom(...spanPaths)), { maxLength: 3 }), fc.constantFrom('', '-')).map(([parts, delimiter]) => concatenated(parts, delimiter)),
      },
    ),
    number: fc.oneof(
      { maxDepth: 3 },
      path,
      fc.constantFrom(...INTEGERS).map((one) => literal(String(one), int(one))),
      tie('value').map((one) => applied('Len', one, length)),
      fc.tuple(tie('number'), fc.constantFrom('+', '-', '*', '/'), tie('number')).map(([a, operator, b]) => calculated(a, operator, b)),
    ),
  }));
  return value;
}

const operators: fc.Arbitrary<Operator> = fc.constantFrom('==', '==', '!=', '<', '<=', '>', '>=');

function comparison(a: ModelExpression, operator: Operator, b: ModelExpression): ModelCondition {
  const test = (subject: Subject): boolean => compared(a.value(subject), operator, b.value(subject));
  return { source: `${a.source} ${operator} ${b.source}`, constant: a.isLiteral && b.isLiteral ? test(undefined as never) : undefined, test };
}

function called(call: ModelExpression): ModelCondition {
  return { source: call.source, constant: undefined, test: (subject) => (call.value(subject) as { value: boolean }).value };
}

function negated(term: ModelCondition): ModelCondition {
  return { source: `not (${term.source})`, constant: term.constant === undefined ? undefined : !term.constant, test: (subject) => !term.test(subject) };
}

/** A term that is known beforehand and decides, decides before the others are asked. */
function joined(word: 'and' | 'or', terms: readonly ModelCondition[]): ModelCondition {
  const decisive = word === 'or';
  const isDecided = terms.some(({ constant }) => constant === decisive);
  const constant = isDecided ? decisive : terms.every((term) => term.constant !== undefined) ? !decisive : undefined;
  return {
    source: `(${terms.map(({ source }) => source).join(` ${word} `)})`,
    constant,
    test: (subject) => constant ?? terms.some((term) => term.test(subject) === decisive) === decisive,
  };
}

export function conditions(isOnEvents: boolean): fc.Arbitrary<ModelCondition> {
  const value = expressions(isOnEvents);
  const { condition } = fc.letrec<{ condition: ModelCondition }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3 },
      { weight: 5, arbitrary: fc.tuple(value, operators, value).map(([a, operator, b]) => comparison(a, operator, b)) },
      { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...(Object.keys(KIND_TESTS) as (keyof typeof KIND_TESTS)[])), value).map(([name, one]) => called(applied(name, one, ({ kind }) => bool(kind === KIND_TESTS[name])))) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom('HasPrefix' as const, 'HasSuffix' as const), paths(isOnEvents), fc.constantFrom(...TEXTS)).map(([name, target, part]) => called(hasPart(name, target, part))) },
      { weight: 1, arbitrary: fc.tuple(attributes, value).map(([target, item]) => called(contains(target, item))) },
      { weight: 1, arbitrary: fc.constantFrom(true, false).map((constant) => ({ source: String(constant), constant, test: () => constant })) },
      { weight: 2, arbitrary: tie('condition').map(negated) },
      { weight: 3, arbitrary: fc.tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(tie('condition'), { minLength: 2, maxLength: 3 })).map(([word, terms]) => joined(word, terms)) },
    ),
  }));
  return condition;
}

/** What becomes of a condition that is asked of several: true for any, else a failure for any, else false. */
export function verdictOf(condition: ModelCondition, subjects: readonly Subject[]): 'true' | 'false' | 'error' {
  let verdict: 'false' | 'error' = 'false';
  for (const subject of subjects) {
    try {
      if (condition.test(subject)) return 'true';
    } catch (error) {
      if (!(error instanceof ModelFailure)) throw error;
      verdict = 'error';
    }
  }
  return verdict;
}
