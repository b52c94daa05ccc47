import { isInt64 } from './int64.ts';
import type { ComparisonOperator } from './syntax.ts';
import { Duration, Time } from './time.ts';
import { Bytes, Double, Id, Opaque, OttlList, OttlMap, type Value } from './value.ts';

/**
 * Compares by OTTL's rules: numbers as numbers, texts and bytes by their bytes, false before true; nil equals nil only.
 * Maps and lists have no order. Of values that cannot be compared only `!=` is true.
 * https://github.com/open-telemetry/opentelemetry-collector-contrib/blob/main/pkg/ottl/LANGUAGE.md#comparison-rules
 */
export function compare(a: Value, b: Value, operator: ComparisonOperator): boolean {
  const left = nilIfEmpty(a);
  const right = nilIfEmpty(b);
  switch (operator) {
    case '==':
      return equal(left, right);
    case '!=':
      return !equal(left, right);
    default: {
      const order = orderOf(left, right);
      // NaN is in no order with anything.
      if (order === undefined) return false;
      if (operator === '<') return order < 0;
      if (operator === '<=') return order <= 0;
      return operator === '>' ? order > 0 : order >= 0;
    }
  }
}

/** Bytes of length 0 are nil, as in the Collector, whose empty slices are. */
function nilIfEmpty(value: Value): Value {
  return value instanceof Bytes && value.text === '' ? undefined : value;
}

function equal(a: Value, b: Value): boolean {
  if (typeof a !== 'object' && typeof b !== 'object') return a === b;
  if (a instanceof OttlMap) return b instanceof OttlMap && equalMaps(a, b);
  if (a instanceof OttlList) return b instanceof OttlList && equalLists(a, b);
  if (a instanceof Id) return b instanceof Id && a.text === b.text;
  if (a instanceof Opaque) return b instanceof Opaque && a.what === b.what;
  return orderOf(a, b) === 0;
}

/** Negative, 0 or positive; undefined where the values are in no order. */
function orderOf(a: Value, b: Value): number | undefined {
  if (typeof a === 'string') return typeof b === 'string' ? orderOfPrimitives(a, b) : undefined;
  if (typeof a === 'boolean') return typeof b === 'boolean' ? Number(a) - Number(b) : undefined;
  if (a === undefined) return b === undefined ? 0 : undefined;
  if (isInt64(a)) return isInt64(b) ? orderOfPrimitives(a, b) : b instanceof Double ? orderOfPrimitives(Number(a), b.value) : undefined;
  if (a instanceof Double) return isInt64(b) ? orderOfPrimitives(a.value, Number(b)) : b instanceof Double ? orderOfPrimitives(a.value, b.value) : undefined;
  if (a instanceof Bytes) return b instanceof Bytes ? orderOfPrimitives(a.text, b.text) : undefined;
  if (a instanceof Duration) return b instanceof Duration ? orderOfPrimitives(a.ns, b.ns) : undefined;
  if (a instanceof Time) return b instanceof Time ? a.compare(b) : undefined;
  return undefined;
}

function orderOfPrimitives<T extends string | number | bigint>(a: T, b: T): number | undefined {
  if (a < b) return -1;
  if (a > b) return 1;
  return a === b ? 0 : undefined;
}

function equalMaps(a: OttlMap, b: OttlMap): boolean {
  if (a.origin !== 'data' || b.origin !== 'data') return same(plain(a), plain(b));
  return a.entries.length === b.entries.length && a.entries.every(([key, value]) => b.has(key) && equalData(value, b.get(key)));
}

function equalLists(a: OttlList, b: OttlList): boolean {
  if (a.origin !== 'data' || b.origin !== 'data') return same(plain(a), plain(b));
  return a.items.length === b.items.length && a.items.every((item, index) => equalData(item, b.items[index]));
}

/** Values inside attributes: of one kind, and equal; the order of a map's keys is nothing. */
function equalData(a: Value, b: Value): boolean {
  if (a instanceof OttlMap) return b instanceof OttlMap && equalMaps(a, b);
  if (a instanceof OttlList) return b instanceof OttlList && equalLists(a, b);
  return same(a, b);
}

/** Values inside of lists that are written or computed: of one kind, and equal to the last detail. */
function same(a: Value, b: Value): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  if (a instanceof Double) return b instanceof Double && a.value === b.value;
  if (a instanceof OttlList) {
    return b instanceof OttlList && a.origin === b.origin && a.items.length === b.items.length && a.items.every((item, index) => same(item, b.items[index]));
  }
  if (a instanceof OttlMap) return b instanceof OttlMap && a.origin === b.origin && (a.origin === 'data' ? sameEntries(a, b) : samePlainMaps(a, b));
  return a.constructor === b.constructor && equal(a, b);
}

function sameEntries(a: OttlMap, b: OttlMap): boolean {
  return (
    a.entries.length === b.entries.length &&
    a.entries.every(([key, value], index) => key === b.entries[index]![0] && same(value, b.entries[index]![1]))
  );
}

function samePlainMaps(a: OttlMap, b: OttlMap): boolean {
  return a.entries.length === b.entries.length && a.entries.every(([key, value]) => b.has(key) && same(value, b.get(key)));
}

/** A map or list as one that is no data, down to the last inside; of a key that stands twice the last counts then. */
export function plain(value: Value): Value {
  if (value instanceof OttlList && value.origin === 'data') return new OttlList('plain', value.items.map(plain));
  if (value instanceof OttlMap && value.origin === 'data') {
    return new OttlMap('plain', [...new Map(value.entries.map(([key, inner]) => [key, plain(inner)] as const))]);
  }
  return value;
}
