import type { EvaluationContext } from './evaluation-context.ts';
import type { Value } from './value.ts';

/** What a value depends on, from what changes least to what changes most; each is a part of the one before. */
export const CONSTANT = 0;
export const TRACE = 1;
export const RESOURCE = 2;
export const SCOPE = 3;
export const SPAN = 4;
export const EVENT = 5;
export type Level = 0 | 1 | 2 | 3 | 4 | 5;

/** A part of a condition, compiled. Throws ConditionError where it has no value, WireError where bytes are malformed. */
export interface Expression {
  readonly level: Level;
  /** Of what is written in the condition as it is. */
  readonly literal?: { readonly value: Value };
  readonly get: (context: EvaluationContext) => Value;
  /** The quick way to compare it with a text that is known beforehand, where there is one. */
  readonly isText?: TextTest | undefined;
}

/** Whether a value is a text of these bytes. */
export type TextTest = (context: EvaluationContext, text: Uint8Array) => boolean;

/** A condition, or a part of one that is true or false. */
export interface Predicate {
  readonly level: Level;
  /** Of what is decided when it is compiled. */
  readonly constant?: boolean;
  readonly test: (context: EvaluationContext) => boolean;
}

export function literal(value: Value): Expression {
  return { level: CONSTANT, literal: { value }, get: () => value };
}

export function constant(value: boolean): Predicate {
  return { level: CONSTANT, constant: value, test: () => value };
}

export function highest(levels: readonly Level[]): Level {
  return levels.reduce((a, b) => (a > b ? a : b), CONSTANT);
}

/**
 * The same, worked out once for all that it is the same for: what a condition asks of a resource is not asked again for
 * each span, nor what it asks of a span for each event, which would cost their number times the resource's size.
 */
export function onceFor(level: Level, expression: Expression): Expression {
  if (expression.level >= level || expression.literal !== undefined) return expression;
  return { level: expression.level, get: remembered(expression.level, expression.get) };
}

export function testedOnceFor(level: Level, predicate: Predicate): Predicate {
  if (predicate.level >= level || predicate.constant !== undefined) return predicate;
  return { level: predicate.level, test: remembered(predicate.level, predicate.test) };
}

function remembered<T>(level: Level, compute: (context: EvaluationContext) => T): (context: EvaluationContext) => T {
  let epoch = -1;
  let result: { readonly value: T } | { readonly error: unknown };
  return (context) => {
    if (context.epochs[level] !== epoch) {
      try {
        result = { value: compute(context) };
      } catch (error) {
        result = { error };
      }
      epoch = context.epochs[level]!;
    }
    if ('error' in result) throw result.error;
    return result.value;
  };
}
