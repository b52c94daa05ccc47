import { z } from 'zod';
import { nearest } from '../internal/nearest.ts';
import type { ConfigPath } from './node.ts';
import { formatPath } from './node.ts';
import { removedKeys, replacingKeys, unsupportedKeys } from './removed-keys.ts';
import { alternativesAt, knownKeys, valueAt } from './schema-shape.ts';

/** One mistake below a block. */
export interface Mistake {
  readonly path: ConfigPath;
  /** Whether the key at the end of `path` is wrong or its value. */
  readonly what: 'key' | 'value';
  readonly message: string;
  /** Where in the value, a text, in UTF-16 units; only where a part of it is wrong. */
  readonly offset?: number | undefined;
}

/** A mark: the schema itself said nothing about this issue. */
const UNSAID = '';

/** Checks `value` and gives either the finished configuration or every mistake in it, in words for who wrote it. */
export function check<T>(schema: z.ZodType<T>, value: unknown): { readonly data: T } | { readonly mistakes: readonly Mistake[] } {
  const result = schema.safeParse(value, { error: describeValue });
  if (result.success) return { data: result.data };
  const mistakes = result.error.issues.flatMap((issue) => mistakesOf(issue, { schema, value }, []));
  const replaced = new Set(mistakes.flatMap(({ path, what }) => (what === 'key' ? replacedBy(path, { schema, value }) : [])));
  return { mistakes: mistakes.filter(({ path }) => !replaced.has(formatPath(path))) };
}

/** What was checked against what. */
interface Checked {
  readonly schema: z.core.$ZodType;
  readonly value: unknown;
}

function mistakesOf(issue: z.core.$ZodIssue, checked: Checked, above: ConfigPath): readonly Mistake[] {
  const path: ConfigPath = [...above, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))];
  switch (issue.code) {
    case 'unrecognized_keys': {
      const schemas = alternativesAt(checked.schema, path, checked.value);
      return issue.keys.map((key) => ({ path: [...path, key], what: 'key', message: describeUnknownKey(key, schemas) }));
    }
    case 'invalid_union':
      if (issue.message === UNSAID) return unionMistakes(issue, checked, path);
      break;
    case 'invalid_key':
      return [{ path, what: 'key', message: issue.issues.map((inner) => inner.message).join('; ') }];
    case 'invalid_element':
      return issue.issues.flatMap((inner) => mistakesOf(inner, checked, path));
    default:
      break;
  }
  return [{ path, what: 'value', message: issue.message === UNSAID ? 'is not valid here' : issue.message, offset: offsetOf(issue) }];
}

/** The paths of the keys that the key at the end of `path`, an unknown one, stands in place of. */
function replacedBy(path: ConfigPath, checked: Checked): readonly string[] {
  const above = path.slice(0, -1);
  const keys = alternativesAt(checked.schema, above, checked.value).map((schema) => replacingKeys.get(schema as z.ZodType)?.[String(path.at(-1))]);
  return keys.flatMap((key) => (key === undefined ? [] : [formatPath([...above, key])]));
}

/** A schema that looks into a text says in `params.offset` where in it something is wrong. */
function offsetOf(issue: z.core.$ZodIssue): number | undefined {
  const offset: unknown = issue.code === 'custom' ? issue.params?.['offset'] : undefined;
  return typeof offset === 'number' ? offset : undefined;
}

/** Of a union, the mistakes of the one alternative that the value looks like; without one, all that could stand there. */
function unionMistakes(issue: z.core.$ZodIssueInvalidUnion, checked: Checked, path: ConfigPath): readonly Mistake[] {
  const looksLike = issue.errors.filter((errors) => errors.every((inner) => inner.path.length > 0 || !isWrongKind(inner)));
  const [closest] = looksLike.toSorted((a, b) => a.length - b.length);
  if (closest !== undefined) return closest.flatMap((inner) => mistakesOf(inner, checked, path));
  const input = valueAt(checked.value, path);
  if (input === undefined) return [{ path, what: 'value', message: 'is required' }];
  const kinds = [...new Set(alternativesAt(checked.schema, path, checked.value).map(kindOf))];
  return [{ path, what: 'value', message: `must be ${kinds.join(' or ')}, but is ${describeInput(input)}` }];
}

function isWrongKind(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

function describeUnknownKey(key: string, schemas: readonly z.core.$ZodType[]): string {
  for (const schema of schemas) {
    const replacement = removedKeys.get(schema as z.ZodType)?.[key];
    if (replacement !== undefined) return `"${key}" was removed: write ${replacement}`;
    const instead = unsupportedKeys.get(schema as z.ZodType)?.[key];
    if (instead !== undefined) return `"${key}" is a key of the Collector that Tailrace does not support: ${instead}`;
  }
  const known = knownKeys(schemas);
  const meant = nearest(key, known);
  if (meant !== undefined) return `unknown key "${key}" (did you mean "${meant}"?)`;
  return `unknown key "${key}"; ${known.length === 0 ? 'nothing can stand here' : `known here: ${known.toSorted().join(', ')}`}`;
}

/** `unknown value "x" (did you mean "y"?)`, or all that is possible. */
function describeChoice(input: unknown, values: readonly string[]): string {
  if (input === undefined) return `is required: one of ${values.join(', ')}`;
  const meant = typeof input === 'string' ? nearest(input, values) : undefined;
  return `must be one of ${values.join(', ')}, but is ${describeInput(input)}${meant === undefined ? '' : ` (did you mean "${meant}"?)`}`;
}

/** zod's own wording, replaced: what it should be and what it is. Issues with a message of their schema never come here. */
function describeValue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is required';
      return `must be ${article(issue.expected)}, but is ${describeInput(issue.input)}${quoteHint(issue.expected, issue.input)}`;
    case 'invalid_value':
      return describeChoice(issue.input, issue.values.map(String));
    case 'too_small':
      return `must ${bound(issue.origin)} ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unit(issue.origin)}`;
    case 'too_big':
      return `must ${bound(issue.origin)} ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unit(issue.origin)}`;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return `must be ${issue.format === 'regex' ? `of the form ${issue.pattern ?? ''}` : `a valid ${issue.format}`}`;
    case 'invalid_union':
      // Objects told apart by one key: that key has a value that none of them has.
      if (typeof issue.discriminator !== 'string' || !Array.isArray(issue.options)) return UNSAID;
      return describeChoice(valueAt(issue.input, [issue.discriminator]), issue.options.map(String));
    default:
      return UNSAID;
  }
}

function bound(origin: string): string {
  return origin === 'number' || origin === 'int' || origin === 'bigint' ? 'be' : 'have';
}

function unit(origin: string): string {
  if (origin === 'array' || origin === 'set') return ' entries';
  if (origin === 'string') return ' characters';
  if (origin === 'object' || origin === 'map' || origin === 'record') return ' keys';
  return '';
}

/** Go and YAML readers know these words; JavaScript's do not help them. */
const KINDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
  null: 'empty',
};

function article(expected: string): string {
  return KINDS[expected] ?? expected;
}

function kindOf(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodLiteral) return [...schema.values].map((value) => JSON.stringify(value)).join(' or ');
  if (schema instanceof z.ZodEnum) return `one of ${schema.options.join(', ')}`;
  return article(schema instanceof z.ZodType ? schema.def.type : 'another value');
}

function quoteHint(expected: string, input: unknown): string {
  if (expected !== 'string' || (typeof input !== 'number' && typeof input !== 'boolean')) return '';
  return `; write it in quotes to make it a string`;
}

function describeInput(input: unknown): string {
  if (input === null || input === undefined) return 'empty';
  if (Array.isArray(input)) return 'a list';
  if (typeof input === 'object') return 'a map';
  return JSON.stringify(input);
}
