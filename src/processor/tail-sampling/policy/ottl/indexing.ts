import type { EvaluationContext } from './evaluation-context.ts';
import type { Expression } from './expression.ts';
import { isInt64 } from './int64.ts';
import { ConditionError } from './ottl-error.ts';
import { OttlList, OttlMap, type Value } from './value.ts';

const notIndexable = new ConditionError('only maps and lists have values under keys');
const wrongKey = new ConditionError('maps have texts as keys, lists integers');
const outOfBounds = new ConditionError('a list is shorter than an index asks for');
const missing = new ConditionError('what a function returned has no such key');

/** The value under keys inside an attribute; nil where a map has no such key. */
export function insideAttribute(value: Value, keys: readonly Expression[], context: EvaluationContext): Value {
  let inside = value;
  for (const key of keys) {
    const wanted = key.get(context);
    if (inside instanceof OttlMap && typeof wanted === 'string' && !inside.has(wanted)) return undefined;
    inside = valueUnder(inside, wanted);
  }
  return inside;
}

/** The value under keys inside what a function returned: they have to be there. */
export function insideResult(value: Value, keys: readonly Expression[], context: EvaluationContext): Value {
  let inside = value;
  for (const key of keys) {
    const wanted = key.get(context);
    if (inside instanceof OttlMap && typeof wanted === 'string' && !inside.has(wanted)) throw missing;
    inside = valueUnder(inside, wanted);
  }
  return inside;
}

function valueUnder(value: Value, key: Value): Value {
  if (value instanceof OttlMap) {
    if (typeof key !== 'string') throw wrongKey;
    return value.get(key);
  }
  if (!(value instanceof OttlList)) throw notIndexable;
  if (!isInt64(key)) throw wrongKey;
  if (key < 0 || key >= value.items.length) throw outOfBounds;
  return value.items[Number(key)];
}
