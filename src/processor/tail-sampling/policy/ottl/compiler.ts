import { suggestion } from './suggestion.ts';
import { calculate, negate } from './arithmetic.ts';
import { boundCall } from './bound-call.ts';
import { compare } from './compare.ts';
import type { Argument } from './converter.ts';
import { asEntry } from './data.ts';
import { CONSTANT, constant, type Expression, highest, literal, onceFor, type Predicate, testedOnceFor } from './expression.ts';
import { insideResult } from './indexing.ts';
import { ConditionError, SyntaxMistake } from './ottl-error.ts';
import type { Fields } from './path-field.ts';
import { type ConditionContext, type Paths, WHOLE_TRACE } from './paths.ts';
import { resolvedPath } from './resolved-path.ts';
import type { CallSyntax, ComparisonSyntax, ConditionSyntax, EnumSyntax, LogicSyntax, MapSyntax, PathSyntax, ValueSyntax } from './syntax.ts';
import { OttlList, OttlMap, type Value } from './value.ts';

/** https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/ottl/contexts/ottlspan#enums */
const ENUMS: ReadonlyMap<string, number> = new Map([
  ['SPAN_KIND_UNSPECIFIED', 0],
  ['SPAN_KIND_INTERNAL', 1],
  ['SPAN_KIND_SERVER', 2],
  ['SPAN_KIND_CLIENT', 3],
  ['SPAN_KIND_PRODUCER', 4],
  ['SPAN_KIND_CONSUMER', 5],
  ['STATUS_CODE_UNSET', 0],
  ['STATUS_CODE_OK', 1],
  ['STATUS_CODE_ERROR', 2],
]);

/** Stands for a value with a mistake in it, so that the others are found too. */
const UNKNOWN: Expression = { level: CONSTANT, get: () => undefined };

const notBoolean = new ConditionError('a function that stands as a condition gave neither true nor false');

/** Makes of a condition as it is written what can be evaluated. */
export class Compiler {
  /** What is wrong with the conditions so far. */
  readonly mistakes: SyntaxMistake[] = [];
  /** Whether any of them asks for something of the whole trace. */
  asksWholeTrace = false;
  readonly #context: ConditionContext;
  readonly #contexts: Readonly<Record<string, Fields>>;

  constructor(context: ConditionContext, paths: Paths) {
    this.#context = context;
    this.#contexts = paths.contexts(context);
  }

  /** Of no use where it leaves mistakes. */
  condition(syntax: ConditionSyntax): Predicate {
    switch (syntax.kind) {
      case 'and':
      case 'or':
        return this.#logic(syntax);
      case 'not': {
        const { level, constant: known, test } = this.condition(syntax.term);
        return known === undefined ? { level, test: (context) => !test(context) } : constant(!known);
      }
      case 'constant':
        return constant(syntax.value);
      case 'comparison':
        return this.#comparison(syntax);
      case 'call': {
        const { level, get } = this.#value(syntax);
        return { level, test: (context) => asBoolean(get(context)) };
      }
    }
  }

  /**
   * Stops at the first term that decides. A term that is decided here decides all, wherever it stands: what others would
   * fail with is then never seen, as in the Collector.
   */
  #logic({ kind, terms }: LogicSyntax): Predicate {
    const decisive = kind === 'or';
    const compiled = terms.map((term) => this.condition(term));
    if (compiled.some((term) => term.constant === decisive)) return constant(decisive);
    const open = compiled.filter((term) => term.constant === undefined);
    const [first] = open;
    if (first === undefined) return constant(!decisive);
    if (open.length === 1) return first;
    const level = highest(open.map((term) => term.level));
    const tests = open.map((term) => testedOnceFor(level, term).test);
    return {
      level,
      test(context) {
        for (const test of tests) if (test(context) === decisive) return decisive;
        return !decisive;
      },
    };
  }

  #comparison({ operator, left, right }: ComparisonSyntax): Predicate {
    const a = this.#value(left);
    const b = this.#value(right);
    if (a.literal !== undefined && b.literal !== undefined) return constant(compare(a.literal.value, b.literal.value, operator));
    const level = highest([a.level, b.level]);
    if (operator === '==' || operator === '!=') {
      const isEqual = textTest(a, b) ?? textTest(b, a);
      if (isEqual !== undefined) return { level, test: operator === '==' ? isEqual : (context) => !isEqual(context) };
    }
    const getA = onceFor(level, a).get;
    const getB = onceFor(level, b).get;
    return { level, test: (context) => compare(getA(context), getB(context), operator) };
  }

  #value(syntax: ValueSyntax): Expression {
    try {
      return this.#compiled(syntax);
    } catch (error) {
      if (error instanceof SyntaxMistake) this.mistakes.push(error);
      // A literal that cannot be worked out.
      else if (error instanceof ConditionError) this.mistakes.push(new SyntaxMistake(error.message, syntax.at));
      else throw error;
      return UNKNOWN;
    }
  }

  #compiled(syntax: ValueSyntax): Expression {
    switch (syntax.kind) {
      case 'literal':
        return literal(syntax.value);
      case 'enum':
        return enumValue(syntax);
      case 'list':
        return this.#argument(syntax).expression;
      case 'map':
        return this.#map(syntax);
      case 'path':
        return this.#path(syntax);
      case 'call':
        return this.#call(syntax);
      case 'negation': {
        const { level, get } = this.#value(syntax.operand);
        return { level, get: (context) => negate(get(context)) };
      }
      case 'arithmetic': {
        const { operator } = syntax;
        const a = this.#value(syntax.left);
        const b = this.#value(syntax.right);
        const level = highest([a.level, b.level]);
        const getA = onceFor(level, a).get;
        const getB = onceFor(level, b).get;
        return { level, get: (context) => calculate(operator, getA(context), getB(context)) };
      }
    }
  }

  #map({ entries }: MapSyntax): Expression {
    // Of a key that stands twice the last counts, and the first is not even looked at.
    const last = [...new Map(entries.map(({ key, value }) => [key, value] as const))];
    return combined(
      last.map(([, value]) => this.#value(value)),
      (values) => new OttlMap('data', last.map(([key], index) => [key, asEntry(values[index])] as const)),
    );
  }

  #path(syntax: PathSyntax): Expression {
    const keys = syntax.segments.map((segment) => segment.keys.map((key) => this.#value(key)));
    this.asksWholeTrace ||= syntax.segments[0]!.name === WHOLE_TRACE;
    return resolvedPath(syntax, keys, this.#contexts, this.#context);
  }

  #call({ name, at, arguments: args, keys }: CallSyntax): Expression {
    const compiledKeys = keys.map((key) => this.#value(key));
    const compiledArgs = args.map((argument) => ({ at: argument.at, name: argument.name, argument: this.#argument(argument.value) }));
    const call = boundCall(name, at, compiledArgs, this.#context);
    if (keys.length === 0) return call;
    const level = highest([call.level, ...compiledKeys.map((key) => key.level)]);
    const { get } = onceFor(level, call);
    return { level, get: (context) => insideResult(get(context), compiledKeys, context) };
  }

  #argument(syntax: ValueSyntax): Argument {
    if (syntax.kind !== 'list') return { expression: this.#value(syntax), items: undefined };
    const items = syntax.items.map((item) => this.#value(item));
    return { expression: combined(items, (values) => new OttlList('plain', values)), items };
  }
}

/** Compares the bytes of a value with those of a text that is written in the condition. */
function textTest({ isText }: Expression, { literal: written }: Expression): Predicate['test'] | undefined {
  if (isText === undefined || typeof written?.value !== 'string') return undefined;
  const text = Buffer.from(written.value, 'latin1');
  return (context) => isText(context, text);
}

/** A value made of others: a literal where they all are. */
function combined(parts: readonly Expression[], make: (values: readonly Value[]) => Value): Expression {
  if (parts.every((part) => part.literal !== undefined)) return literal(make(parts.map((part) => part.literal!.value)));
  const level = highest(parts.map((part) => part.level));
  const getters = parts.map((part) => onceFor(level, part).get);
  return { level, get: (context) => make(getters.map((get) => get(context))) };
}

function enumValue({ name, at }: EnumSyntax): Expression {
  const value = ENUMS.get(name);
  if (value === undefined) throw new SyntaxMistake(`unknown name "${name}"${suggestion(name, ENUMS.keys())}`, at);
  return literal(value);
}

function asBoolean(value: Value): boolean {
  if (typeof value !== 'boolean') throw notBoolean;
  return value;
}
