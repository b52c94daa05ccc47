import { asDataList } from './data.ts';
import { goJson } from './go-json.ts';
import { parseBool, parseFloat64, parseInt64 } from './go-number.ts';
import { fromDouble, type Int64, isInt64 } from './int64.ts';
import { ConditionError } from './ottl-error.ts';
import { Duration, Time } from './time.ts';
import { Bytes, Double, OttlList, type Value } from './value.ts';

/** Takes a value as what a function wants; throws ConditionError where it is nothing of the kind. */
export interface Coercion<T> {
  /** What is wanted, for messages. */
  readonly wants: string;
  take(value: Value): T;
}

function coercion<T>(wants: string, take: (value: Value, fail: () => never) => T): Coercion<T> {
  const error = new ConditionError(`a function that takes ${wants} got something else`);
  const fail = (): never => {
    throw error;
  };
  return { wants, take: (value) => take(value, fail) };
}

export const anything: Coercion<Value> = coercion('any value', (value) => value);

export const text = coercion('a text', (value, fail) => (typeof value === 'string' ? value : fail()));

export const integer = coercion<Int64>('an integer', (value, fail) => (isInt64(value) ? value : fail()));

export const boolean = coercion('true or false', (value, fail) => (typeof value === 'boolean' ? value : fail()));

export const duration = coercion('a duration', (value, fail) => (value instanceof Duration ? value : fail()));

export const time = coercion('a time', (value, fail) => (value instanceof Time ? value : fail()));

/** As it would be in an attribute. */
export const list = coercion('a list', (value, fail) => (value instanceof OttlList ? (value.origin === 'data' ? value : asDataList(value)) : fail()));

/** Bytes as hex, everything else that is no text as JSON; nil stays nil. */
export const textLike = coercion('what can be written as a text', (value): string | undefined => {
  if (value === undefined || typeof value === 'string') return value;
  return value instanceof Bytes ? Buffer.from(value.text, 'latin1').toString('hex') : goJson(value);
});

/** Nil stays nil, and a text that is no integer becomes it. */
export const integerLike = coercion('what can be an integer', (value, fail): Int64 | undefined => {
  if (value === undefined || isInt64(value)) return value;
  if (typeof value === 'string') return parseInt64(value);
  if (typeof value === 'boolean') return Number(value);
  return value instanceof Double ? fromDouble(value.value) : fail();
});

/** Nil stays nil. */
export const doubleLike = coercion('what can be a floating-point number', (value, fail): Double | undefined => {
  if (value === undefined || value instanceof Double) return value;
  if (isInt64(value) || typeof value === 'boolean') return new Double(Number(value));
  const parsed = typeof value === 'string' ? parseFloat64(value) : undefined;
  return parsed === undefined ? fail() : new Double(parsed);
});

/** Nil stays nil. */
export const booleanLike = coercion('what can be true or false', (value, fail): boolean | undefined => {
  if (value === undefined || typeof value === 'boolean') return value;
  if (isInt64(value)) return value !== 0;
  if (value instanceof Double) return value.value !== 0;
  return (typeof value === 'string' ? parseBool(value) : undefined) ?? fail();
});

/** Bytes as they are, those of a text, of a number the 8 of its big-endian form, of a boolean one; nil is none. */
export const bytesLike = coercion('what can be bytes', (value, fail): string => {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? '\x01' : '\0';
  if (value instanceof Bytes) return value.text;
  const eight = Buffer.alloc(8);
  if (isInt64(value)) eight.writeBigInt64BE(BigInt(value));
  else if (value instanceof Double) eight.writeDoubleBE(value.value);
  else return fail();
  return eight.toString('latin1');
});

/** What nil is in a text that is put together of others. */
export const NIL_TEXT = '<nil>';
