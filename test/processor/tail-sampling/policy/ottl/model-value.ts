import type { JsonObject } from '../../../../support/otlp.ts';

/**
 * OTTL's values once more, in the plainest way: what is evaluated over bytes has to equal what is evaluated over these.
 * Texts are Buffers, so that they have the order and the length of bytes; integers are bigints.
 */
export type ModelValue =
  | { readonly kind: 'nil' }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'double'; readonly value: number }
  | { readonly kind: 'text'; readonly value: Buffer }
  | { readonly kind: 'bytes'; readonly value: Buffer }
  | { readonly kind: 'list'; readonly value: readonly ModelValue[] }
  | { readonly kind: 'map'; readonly value: readonly (readonly [string, ModelValue])[] };

export const NIL: ModelValue = { kind: 'nil' };

export class ModelFailure extends Error {}

export function fail(): never {
  throw new ModelFailure();
}

export const text = (value: string): ModelValue => ({ kind: 'text', value: Buffer.from(value) });
export const int = (value: bigint | number): ModelValue => ({ kind: 'int', value: BigInt.asIntN(64, BigInt(value)) });
export const double = (value: number): ModelValue => ({ kind: 'double', value });
export const bool = (value: boolean): ModelValue => ({ kind: 'bool', value });

/** An AnyValue as protobufjs has decoded it. */
function ofAnyValue(value: JsonObject | undefined): ModelValue {
  const { stringValue, boolValue, intValue, doubleValue, bytesValue, arrayValue, kvlistValue } = value ?? {};
  if (stringValue !== undefined) return text(stringValue as string);
  if (boolValue !== undefined) return bool(boolValue as boolean);
  if (intValue !== undefined) return int(BigInt(intValue as string));
  if (doubleValue !== undefined) return double(doubleValue as number);
  if (bytesValue !== undefined) return { kind: 'bytes', value: Buffer.from(bytesValue as Uint8Array) };
  if (arrayValue !== undefined) {
    const { values = [] } = arrayValue as { readonly values?: readonly JsonObject[] };
    return { kind: 'list', value: values.map(ofAnyValue) };
  }
  if (kvlistValue === undefined) return NIL;
  return ofKeyValues((kvlistValue as { readonly values?: readonly JsonObject[] }).values);
}

export function ofKeyValues(entries: readonly JsonObject[] = []): ModelValue {
  return { kind: 'map', value: entries.map(({ key, value }) => [(key as string | undefined) ?? '', ofAnyValue(value as JsonObject | undefined)]) };
}

/** Of a key that stands twice the first; undefined where there is none. */
export function entryOf(map: ModelValue, key: string): ModelValue | undefined {
  return map.kind === 'map' ? map.value.find(([name]) => name === key)?.[1] : undefined;
}

export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=';

export function compared(a: ModelValue, operator: Operator, b: ModelValue): boolean {
  if (operator === '==') return isEqual(a, b);
  if (operator === '!=') return !isEqual(a, b);
  const order = orderOf(a, b);
  return order !== undefined && { '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[operator];
}

function isNil({ kind, ...rest }: ModelValue): boolean {
  return kind === 'nil' || (kind === 'bytes' && (rest as { value: Buffer }).value.length === 0);
}

function isEqual(a: ModelValue, b: ModelValue): boolean {
  if (a.kind === 'list') return b.kind === 'list' && a.value.length === b.value.length && a.value.every((item, i) => isSame(item, b.value[i]));
  if (a.kind === 'map') {
    return b.kind === 'map' && a.value.length === b.value.length && a.value.every(([key, value]) => isSame(value, entryOf(b, key)));
  }
  return orderOf(a, b) === 0;
}

/** Inside lists and maps, an integer is no floating-point number. */
function isSame(a: ModelValue, b: ModelValue | undefined): boolean {
  return b !== undefined && a.kind === b.kind && isEqual(a, b);
}

function orderOf(a: ModelValue, b: ModelValue): number | undefined {
  if (isNil(a) || isNil(b)) return isNil(a) && isNil(b) ? 0 : undefined;
  if ((a.kind === 'text' || a.kind === 'bytes') && a.kind === b.kind) return Buffer.compare(a.value, b.value);
  if (a.kind === 'bool' && b.kind === 'bool') return Number(a.value) - Number(b.value);
  if (a.kind === 'int' && b.kind === 'int') return a.value < b.value ? -1 : Number(a.value > b.value);
  if ((a.kind !== 'int' && a.kind !== 'double') || (b.kind !== 'int' && b.kind !== 'double')) return undefined;
  const [x, y] = [Number(a.value), Number(b.value)];
  if (Number.isNaN(x) || Number.isNaN(y)) return undefined;
  return x < y ? -1 : Number(x > y);
}
