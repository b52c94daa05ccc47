import { ConditionError } from './ottl-error.ts';
import { Duration, Time } from './time.ts';
import { Id, Opaque, OttlList, OttlMap, type Value } from './value.ts';

const noData = new ConditionError('a map holds texts, numbers, true, false, nil, bytes, lists and maps only');

/** A value as it would be in an attribute. Throws ConditionError for what cannot be in one. */
export function asData(value: Value): Value {
  if (value instanceof OttlList) return new OttlList('data', value.items.map(asData));
  if (value instanceof OttlMap && value.origin === 'plain') return new OttlMap('data', value.entries.map(([key, inner]) => [key, asData(inner)] as const));
  if (value instanceof Duration || value instanceof Time || value instanceof Id || value instanceof Opaque) throw noData;
  return value;
}
