import type { Coercion } from './coercion.ts';
import type { EvaluationContext } from './evaluation-context.ts';
import { CONSTANT, type Expression, type Level } from './expression.ts';
import type { ConditionContext } from './paths.ts';
import type { Value } from './value.ts';

export type Getter<T> = (context: EvaluationContext) => T;

/** An argument as it is written: a value and, where that is a list in brackets, its items. */
export interface Argument {
  readonly expression: Expression;
  readonly items: readonly Expression[] | undefined;
}

/** A parameter of a function. */
export interface Parameter<T> {
  /** Under which an argument can be named. */
  readonly name: string;
  /** What an argument that is left out stands for; absent where it must not be. */
  readonly absent?: { readonly value: T };
  /** Throws an Error that says what is wrong with the argument. */
  readonly bind: (argument: Argument) => Getter<T>;
}

/** A function of OTTL; those whose names begin with an upper-case letter are called converters. */
export interface Converter {
  readonly parameters: readonly Parameter<unknown>[];
  /** What its value depends on beside its arguments. */
  readonly level: Level;
  /** The only conditions that may call it. */
  readonly context?: ConditionContext;
  readonly build: (getters: readonly Getter<unknown>[]) => Getter<Value>;
}

type ArgumentsOf<Parameters extends readonly Parameter<unknown>[]> = {
  readonly [Index in keyof Parameters]: Parameters[Index] extends Parameter<infer T> ? T : never;
};

/**
 * A function of its arguments alone.
 *
 * @param work in bytes read or written, where that grows with the arguments
 */
export function converter<const Parameters extends readonly Parameter<unknown>[]>(
  parameters: Parameters,
  apply: (...args: ArgumentsOf<Parameters>) => Value,
  work?: (...args: ArgumentsOf<Parameters>) => number,
): Converter {
  return {
    parameters,
    level: CONSTANT,
    build: (getters) => (context) => {
      const args = getters.map((get) => get(context)) as unknown as ArgumentsOf<Parameters>;
      if (work !== undefined) context.spend(work(...args));
      return apply(...args);
    },
  };
}

/** A parameter that takes what a coercion takes. */
export function parameter<T>(name: string, coercion: Coercion<T>): Parameter<T> {
  return { name, bind: ({ expression }) => taken(expression, coercion) };
}

/** A parameter that takes a list in brackets. */
export function listParameter<T>(name: string, coercion: Coercion<T>): Parameter<readonly T[]> {
  return {
    name,
    bind({ items }) {
      if (items === undefined) throw new Error('must be a list in brackets');
      const getters = items.map((item) => taken(item, coercion));
      return (context) => getters.map((get) => get(context));
    },
  };
}

/** A parameter that takes only what is written in the condition as it is. */
export function literalParameter<T>(name: string, coercion: Coercion<T>): Parameter<T> {
  return {
    name,
    bind({ expression }) {
      if (expression.literal === undefined) throw new Error(`must be ${coercion.wants}, written as it is`);
      return taken(expression, coercion);
    },
  };
}

export function optional<T>(inner: Parameter<T>, value: T): Parameter<T> {
  return { ...inner, absent: { value } };
}

/** What is written as it is, is taken at once, so that mistakes in it are found before there are spans. */
function taken<T>(expression: Expression, coercion: Coercion<T>): Getter<T> {
  if (expression.literal === undefined) return (context) => coercion.take(expression.get(context));
  const { value } = expression.literal;
  let result: T;
  try {
    result = coercion.take(value);
  } catch (error) {
    throw new Error(`must be ${coercion.wants}`, { cause: error });
  }
  return () => result;
}

/** The work of reading texts. */
export function lengths(...texts: readonly (string | undefined)[]): number {
  return texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
}
