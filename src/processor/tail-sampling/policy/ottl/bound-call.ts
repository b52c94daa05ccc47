import { messageOf } from '../../../../internal/message-of.ts';
import { suggestion } from './suggestion.ts';
import type { Argument, Converter, Getter, Parameter } from './converter.ts';
import { CONVERTERS } from './converters.ts';
import { type Expression, highest, onceFor } from './expression.ts';
import { SyntaxMistake } from './ottl-error.ts';
import type { ConditionContext } from './paths.ts';

export interface GivenArgument {
  readonly at: number;
  /** Of a named argument. */
  readonly name: string | undefined;
  readonly argument: Argument;
}

/** A call of the function `name` with its arguments. Throws SyntaxMistake where there is none, or it does not take them. */
export function boundCall(name: string, at: number, args: readonly GivenArgument[], context: ConditionContext): Expression {
  const converter = CONVERTERS.get(name);
  if (converter === undefined) throw new SyntaxMistake(`unknown function "${name}"${suggestion(name, CONVERTERS.keys())}`, at);
  if (converter.context !== undefined && converter.context !== context) {
    throw new SyntaxMistake(`${name} is for conditions on a ${converter.context} only`, at);
  }
  const level = highest([converter.level, ...args.map(({ argument }) => argument.expression.level)]);
  const getters = new Map<Parameter<unknown>, Getter<unknown>>();
  args.forEach(({ name: argumentName, at: argumentAt, argument }, position) => {
    const parameter = argumentName === undefined ? converter.parameters[position] : parameterNamed(converter, argumentName);
    if (parameter === undefined) throw new SyntaxMistake(`${name} has no such argument; it takes ${signature(converter)}`, argumentAt);
    if (argumentName === undefined && args[position - 1]?.name !== undefined) {
      throw new SyntaxMistake('an argument without a name cannot follow one with a name', argumentAt);
    }
    if (getters.has(parameter)) throw new SyntaxMistake(`${parameter.name} is given twice`, argumentAt);
    try {
      getters.set(parameter, parameter.bind({ expression: onceFor(level, argument.expression), items: argument.items?.map((item) => onceFor(level, item)) }));
    } catch (error) {
      throw new SyntaxMistake(`${parameter.name} of ${name} ${messageOf(error)}`, argumentAt);
    }
  });
  const inOrder = converter.parameters.map((parameter) => getters.get(parameter) ?? absent(name, converter, parameter, at));
  return { level, get: converter.build(inOrder) };
}

function absent(name: string, converter: Converter, { name: missing, absent: value }: Parameter<unknown>, at: number): Getter<unknown> {
  if (value === undefined) throw new SyntaxMistake(`${name} needs ${missing}; it takes ${signature(converter)}`, at);
  return () => value.value;
}

/** Names are told apart by their letters alone: `utf8_safe` is `utf8Safe`. */
function parameterNamed({ parameters }: Converter, name: string): Parameter<unknown> | undefined {
  return parameters.find((parameter) => lettersOf(parameter.name) === lettersOf(name));
}

function lettersOf(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

function signature({ parameters }: Converter): string {
  if (parameters.length === 0) return 'none';
  return `(${parameters.map(({ name, absent: value }) => (value === undefined ? name : `[${name}]`)).join(', ')})`;
}
