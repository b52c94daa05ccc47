import { ConditionError } from './ottl-error.ts';
import { Duration, Time } from './time.ts';
import { Id, Opaque, OttlList, OttlMap, type Value } from './value.ts';

const noData = new ConditionError('a list or map that is written or computed holds something that is no plain value');

/**
 * A value that is written or computed as it would be in an attribute. Throws ConditionError for what the Collector does not
 * take there: ids, times, and lists and maps from attributes.
 */
function asData(value: Value): Value {
  if (value instanceof OttlList && value.origin === 'plain') return asDataList(value);
  if (value instanceof OttlMap && value.origin === 'plain') {
    return new OttlMap(
      'data',
      value.entries.map(([key, inner]) => [key, asData(inner)] as const),
    );
  }
  const isOther = value instanceof OttlList || value instanceof OttlMap || value instanceof Opaque;
  if (isOther || value instanceof Duration || value instanceof Time || value instanceof Id) throw noData;
  return value;
}

export function asDataList({ items }: OttlList): OttlList {
  return new OttlList('data', items.map(asData));
}

/** The same for a value of a map in braces: maps may come from attributes there, and be in a list. */
export function asEntry(value: Value): Value {
  if (isDataMap(value)) return value;
  if (value instanceof OttlList && value.origin === 'plain') {
    return new OttlList('data', value.items.map((item) => (isDataMap(item) ? item : asData(item))));
  }
  return asData(value);
}

function isDataMap(value: Value): boolean {
  return value instanceof OttlMap && value.origin === 'data';
}
