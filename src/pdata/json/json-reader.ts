import protobuf from 'protobufjs';
import { LONG_TYPES, fieldsOf, isId } from './json-fields.ts';

/** How deep values may be nested in values; protobuf's own default limit. */
const MAX_DEPTH = 100;

/** Bounds of the types that fit a number. */
const INTEGER_TYPES: ReadonlyMap<string, readonly [number, number]> = new Map([
  ['int32', [-(2 ** 31), 2 ** 31 - 1]],
  ['sint32', [-(2 ** 31), 2 ** 31 - 1]],
  ['uint32', [0, 2 ** 32 - 1]],
  ['fixed32', [0, 2 ** 32 - 1]],
]);

const DECIMAL = /^-?\d+$/;
/** More than any integer of 64 bits has, sign and all; to make sense of millions would take seconds. */
const MAX_LONG_LENGTH = 40;
const HEX = /^(?:[0-9a-fA-F]{2})*$/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

type Properties = Record<string, unknown>;

/**
 * A value out of JSON as the properties that protobufjs encodes as `type`.
 *
 * @throws Error with the path to the value that is not what its field takes
 */
export function readMessage(type: protobuf.Type, value: unknown): Properties {
  return new JsonReader().message(type, value);
}

class JsonReader {
  /** Keys and indices to the value that is being read. */
  readonly #path: (string | number)[] = [];
  #depth = 0;

  message(type: protobuf.Type, value: unknown): Properties {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.#error('must be an object', value);
    if (++this.#depth > MAX_DEPTH) throw this.#error(`is nested more than ${MAX_DEPTH} deep`);
    const properties: Properties = {};
    const fields = fieldsOf(type);
    for (const [key, inner] of Object.entries(value)) {
      const field = fields.get(key);
      if (field === undefined || inner === null) continue;
      this.#path.push(key);
      properties[field.name] = field.repeated ? this.#list(field, inner) : this.#value(field, inner);
      this.#path.pop();
    }
    this.#depth--;
    return properties;
  }

  #list(field: protobuf.Field, value: unknown): readonly unknown[] {
    if (!Array.isArray(value)) throw this.#error('must be an array', value);
    return value.map((element: unknown, index) => {
      this.#path.push(index);
      const read = this.#value(field, element);
      this.#path.pop();
      return read;
    });
  }

  #value(field: protobuf.Field, value: unknown): unknown {
    const { resolvedType } = field;
    if (resolvedType instanceof protobuf.Type) return this.message(resolvedType, value);
    if (resolvedType instanceof protobuf.Enum) return this.#enumValue(resolvedType, value);
    if (LONG_TYPES.has(field.type)) return this.#long(value, LONG_TYPES.get(field.type) === true);
    switch (field.type) {
      case 'string':
        if (typeof value !== 'string') throw this.#error('must be a string', value);
        return value;
      case 'bool':
        if (typeof value !== 'boolean') throw this.#error('must be true or false', value);
        return value;
      case 'double':
        return this.#double(value);
      case 'bytes':
        return isId(field) ? this.#bytes(value, HEX, 'hex') : this.#bytes(value, BASE64, 'base64');
      default:
        return this.#integer(value, INTEGER_TYPES.get(field.type)!);
    }
  }

  /** Numbers; the Collector takes the names too. */
  #enumValue(type: protobuf.Enum, value: unknown): number {
    const number = typeof value === 'string' ? type.values[value] : value;
    if (typeof number !== 'number' || !Number.isInteger(number)) throw this.#error(`must be the number of a ${type.name}`, value);
    return number;
  }

  /** In two halves of 32 bits, as protobufjs takes what a number does not hold. */
  #long(value: unknown, isUnsigned: boolean): { low: number; high: number; unsigned: boolean } {
    const isWhole = typeof value === 'string' ? DECIMAL.test(value) : Number.isInteger(value);
    if (!isWhole) throw this.#error('must be a whole number or a string of its digits', value);
    const misfit = `does not fit ${isUnsigned ? 'an unsigned' : 'a signed'} integer of 64 bits`;
    if (String(value).length > MAX_LONG_LENGTH) throw this.#error(misfit, value);
    const integer = BigInt(value as string | number);
    const wrapped = isUnsigned ? BigInt.asUintN(64, integer) : BigInt.asIntN(64, integer);
    if (wrapped !== integer) throw this.#error(misfit, value);
    return { low: Number(BigInt.asIntN(32, integer)), high: Number(BigInt.asIntN(32, integer >> 32n)), unsigned: isUnsigned };
  }

  #integer(value: unknown, [min, max]: readonly [number, number]): number {
    const number = typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number)) throw this.#error('must be a whole number', value);
    if (number < min || number > max) throw this.#error(`must be between ${min} and ${max}`, value);
    return number;
  }

  /** JSON has no NaN and no infinities: they come as strings, as other numbers may. */
  #double(value: unknown): number {
    if (typeof value === 'number') return value;
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
    if (Number.isNaN(number) && value !== 'NaN') throw this.#error('must be a number', value);
    return number;
  }

  #bytes(value: unknown, pattern: RegExp, encoding: 'hex' | 'base64'): Uint8Array {
    if (typeof value !== 'string' || !pattern.test(value)) {
      throw this.#error(encoding === 'hex' ? 'must be pairs of hex digits' : 'must be base64', value);
    }
    return Buffer.from(value, encoding);
  }

  #error(problem: string, value?: unknown): Error {
    let path = '';
    for (const step of this.#path) path += typeof step === 'number' ? `[${step}]` : path === '' ? step : `.${step}`;
    const given = value === undefined ? '' : ` (it is ${describe(value)})`;
    return new Error(`${path === '' ? 'the request' : path}: ${problem}${given}`);
  }
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
