import { add, divide, type Int64, isInt64, multiply, subtract } from './int64.ts';
import { ConditionError } from './ottl-error.ts';
import type { ArithmeticOperator } from './syntax.ts';
import { Duration, Time } from './time.ts';
import { Double, type Value } from './value.ts';

const notNumbers = new ConditionError('only numbers, and durations with times, can be calculated with');
const byZero = new ConditionError('division by zero');

/** Integers stay integers, with a floating-point number both become one; times and durations are added and subtracted. */
export function calculate(operator: ArithmeticOperator, a: Value, b: Value): Value {
  if (isInt64(a) && isInt64(b)) return ofIntegers(operator, a, b);
  if (isNumber(a) && isNumber(b)) return new Double(ofDoubles(operator, doubleOf(a), doubleOf(b)));
  if (operator === '+') {
    if (a instanceof Duration && b instanceof Duration) return a.plus(b);
    if (a instanceof Time && b instanceof Duration) return a.plus(b);
    if (a instanceof Duration && b instanceof Time) return b.plus(a);
  }
  if (operator === '-') {
    if (a instanceof Time && b instanceof Time) return a.minus(b);
    if (a instanceof Duration && b instanceof Duration) return a.minus(b);
    if (a instanceof Time && b instanceof Duration) return a.minusDuration(b);
  }
  throw notNumbers;
}

export function negate(value: Value): Value {
  if (isInt64(value)) return subtract(0, value);
  if (value instanceof Double) return new Double(-value.value);
  throw notNumbers;
}

function ofIntegers(operator: ArithmeticOperator, a: Int64, b: Int64): Int64 {
  switch (operator) {
    case '+':
      return add(a, b);
    case '-':
      return subtract(a, b);
    case '*':
      return multiply(a, b);
    case '/':
      if (b === 0) throw byZero;
      return divide(a, b);
  }
}

function ofDoubles(operator: ArithmeticOperator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      if (b === 0) throw byZero;
      return a / b;
  }
}

function isNumber(value: Value): value is Int64 | Double {
  return isInt64(value) || value instanceof Double;
}

function doubleOf(value: Int64 | Double): number {
  return value instanceof Double ? value.value : Number(value);
}
