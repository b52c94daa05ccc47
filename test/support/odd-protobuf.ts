import fc from 'fast-check';
import { seededRandom, shuffled } from './random.ts';

/**
 * Protobuf messages as no encoder writes them and every decoder has to read them: fields in any order, unknown fields of
 * every wire type between them, varints longer than they need be.
 */
export type Bytes = fc.Arbitrary<Uint8Array>;
export type Fields = fc.Arbitrary<readonly Uint8Array[]>;

/** How many bytes a varint has at least; protobufjs misreads those of 6 to 9 bytes that stand for less. */
const varintBytes = fc.oneof({ weight: 8, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constantFrom(2, 3, 5, 10) });

export function varint(value: bigint, minBytes = 1): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  } while (rest > 0n || bytes.length < minBytes);
  bytes[bytes.length - 1]! &= 0x7f;
  return Uint8Array.from(bytes);
}

function fixed64(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes;
}

/** A delimited field as any encoder writes it. */
export function delimited(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([varint(BigInt((number << 3) | 2)), varint(BigInt(content.length)), content]);
}

export function delimitedField(number: number, content: Bytes): Bytes {
  return fc
    .tuple(varintBytes, varintBytes, content)
    .map(([tagBytes, lengthBytes, inside]) =>
      Buffer.concat([varint(BigInt((number << 3) | 2), tagBytes), varint(BigInt(inside.length), lengthBytes), inside]),
    );
}

export function varintField(number: number, value: fc.Arbitrary<bigint>): Bytes {
  return fc
    .tuple(varintBytes, varintBytes, value)
    .map(([tagBytes, valueBytes, inside]) => Buffer.concat([varint(BigInt(number << 3), tagBytes), varint(inside, valueBytes)]));
}

export function fixed64Field(number: number, value: fc.Arbitrary<bigint>): Bytes {
  return fc.tuple(varintBytes, value).map(([tagBytes, inside]) => Buffer.concat([varint(BigInt((number << 3) | 1), tagBytes), fixed64(inside)]));
}

export function fixed32Field(number: number, value: fc.Arbitrary<number>): Bytes {
  return fc
    .tuple(varintBytes, value)
    .map(([tagBytes, inside]) => Buffer.concat([varint(BigInt((number << 3) | 5), tagBytes), fixed64(BigInt(inside)).subarray(0, 4)]));
}

export function textField(number: number, text: fc.Arbitrary<string>): Bytes {
  return delimitedField(number, text.map((value) => Buffer.from(value, 'utf8')));
}

/** No message of OTLP has these numbers. */
const unknownNumber = fc.constantFrom(1000, 1001, 2047, 2048, 536_870_911);

const plainUnknownField: Bytes = unknownNumber.chain((number) =>
  fc.oneof(
    varintField(number, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
    fixed64Field(number, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
    fc.nat().map((value) => Buffer.concat([varint(BigInt(number) * 8n + 5n), fixed64(BigInt(value)).subarray(0, 4)])),
    delimitedFieldOfAnyNumber(number, fc.uint8Array({ maxLength: 12 })),
  ),
);

const group: Bytes = fc
  .tuple(unknownNumber, fc.array(plainUnknownField, { maxLength: 2 }), unknownNumber, fc.array(plainUnknownField, { maxLength: 1 }))
  .map(([outer, before, inner, inside]) =>
    Buffer.concat([
      varint(BigInt(outer) * 8n + 3n),
      ...before,
      varint(BigInt(inner) * 8n + 3n),
      ...inside,
      varint(BigInt(inner) * 8n + 4n),
      varint(BigInt(outer) * 8n + 4n),
    ]),
  );

/** A field of any wire type that a reader has to pass over and keep. */
const unknownField: Bytes = fc.oneof({ weight: 3, arbitrary: plainUnknownField }, { weight: 1, arbitrary: group });

function delimitedFieldOfAnyNumber(number: number, content: Bytes): Bytes {
  return content.map((inside) => Buffer.concat([varint(BigInt(number) * 8n + 2n), varint(BigInt(inside.length)), inside]));
}

/** A message of these fields and some unknown ones, in any order. */
export function message(...lists: readonly Fields[]): Bytes {
  return fc
    .tuple(fc.tuple(...lists), unknownFields, fc.nat())
    .map(([known, unknown, order]) => Buffer.concat(shuffled([...known.flat(), ...unknown], order === 0 ? () => 0.999_999 : seededRandom(order))));
}

const unknownFields: Fields = fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 2, arbitrary: fc.array(unknownField, { minLength: 1, maxLength: 2 }) });

/** Up to `maxLength` of a field; a singular one that stands twice counts by its last, a message by all together. */
export function upTo(maxLength: number, field: Bytes, minLength = 0): Fields {
  return fc.array(field, { minLength, maxLength });
}
