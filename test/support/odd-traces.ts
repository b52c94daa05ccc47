import fc from 'fast-check';
import type { Bytes } from './odd-protobuf.ts';
import { delimitedField, fixed32Field, fixed64Field, message, textField, upTo, varintField } from './odd-protobuf.ts';

/**
 * ExportTraceServiceRequests that are odd and right (see `odd-protobuf.ts`): few trace ids, keys and values, so that they
 * meet; singular messages in pieces; some spans without a valid id.
 */
export const ATTRIBUTE_KEYS: readonly string[] = ['', 'a', 'b', 'bb', 'cb', 'service.name', 'ключ'];
export const ATTRIBUTE_TEXTS: readonly string[] = ['', 'x', 'y', 'checkout', 'значение', 'x\ny'];

const anyUint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

const anyValue: Bytes = message(
  upTo(
    2,
    fc.oneof(
      { weight: 4, arbitrary: textField(1, fc.constantFrom(...ATTRIBUTE_TEXTS)) },
      { weight: 1, arbitrary: varintField(2, fc.constantFrom(0n, 1n)) },
      { weight: 2, arbitrary: varintField(3, fc.oneof(anyUint64, fc.constantFrom(0n, 1n, 2n))) },
      { weight: 1, arbitrary: fixed64Field(4, anyUint64) },
      { weight: 1, arbitrary: delimitedField(5, fc.constant(new Uint8Array(0))) },
      { weight: 1, arbitrary: delimitedField(6, fc.constant(new Uint8Array(0))) },
      { weight: 1, arbitrary: delimitedField(7, fc.uint8Array({ maxLength: 3 })) },
    ),
  ),
);

export const keyValue: Bytes = message(upTo(2, textField(1, fc.constantFrom(...ATTRIBUTE_KEYS))), upTo(2, delimitedField(2, anyValue)));

/** Id `n` of 16 bytes. */
export function traceIdBytes(n: number): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes[0] = n;
  bytes[15] = n + 1;
  return bytes;
}

const traceId = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 0, max: 5 }).map(traceIdBytes) },
  { weight: 1, arbitrary: fc.constantFrom(new Uint8Array(16), new Uint8Array(15), new Uint8Array(17).fill(1), new Uint8Array(0)) },
);

const spanId = fc.oneof(
  { weight: 20, arbitrary: fc.uint8Array({ minLength: 8, maxLength: 8 }) },
  { weight: 2, arbitrary: fc.constantFrom(new Uint8Array(8), new Uint8Array(0)) },
  { weight: 1, arbitrary: fc.constant(new Uint8Array(7).fill(3)) },
);

const time = fc.oneof(
  { weight: 5, arbitrary: fc.bigInt({ min: 1_700_000_000_000_000_000n, max: 1_700_000_010_000_000_000n }) },
  { weight: 1, arbitrary: anyUint64 },
);

const statusCode = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(0n, 1n, 2n) }, { weight: 1, arbitrary: fc.constantFrom(3n, 7n, -1n, 2n ** 32n + 2n) });

const status: Bytes = message(upTo(1, textField(2, fc.string({ maxLength: 4 }))), upTo(2, varintField(3, statusCode)));

const singularOnce = (field: Bytes) =>
  fc.oneof({ weight: 10, arbitrary: upTo(1, field, 1) }, { weight: 1, arbitrary: upTo(2, field) });

export const spanMessage: Bytes = message(
  singularOnce(delimitedField(1, traceId)),
  singularOnce(delimitedField(2, spanId)),
  upTo(1, textField(3, fc.constantFrom('', 'ot=th:8'))),
  upTo(2, delimitedField(4, spanId)),
  upTo(1, textField(5, fc.string({ maxLength: 8 }))),
  upTo(1, varintField(6, fc.constantFrom(0n, 1n, 5n))),
  singularOnce(fixed64Field(7, time)),
  singularOnce(fixed64Field(8, time)),
  upTo(3, delimitedField(9, keyValue)),
  upTo(1, delimitedField(11, message(upTo(2, delimitedField(3, keyValue))))),
  upTo(2, delimitedField(15, status)),
  upTo(1, fixed32Field(16, fc.constantFrom(0, 1, 0x301, 0xffff_ffff))),
  ...[10, 12, 14].map((number) => upTo(1, varintField(number, fc.constantFrom(0n, 1n, 2n ** 32n - 1n)))),
  upTo(2, delimitedField(13, message())),
);

const scopeSpans: Bytes = message(
  upTo(2, delimitedField(1, message(upTo(1, textField(1, fc.constantFrom('lib', 'other'))), upTo(1, delimitedField(3, keyValue))))),
  upTo(5, delimitedField(2, spanMessage)),
  upTo(1, textField(3, fc.constant('https://schema/1'))),
);

const resourceSpans: Bytes = message(
  upTo(2, delimitedField(1, message(upTo(3, delimitedField(1, keyValue))))),
  upTo(3, delimitedField(2, scopeSpans)),
  upTo(1, textField(3, fc.constant('https://schema/2'))),
);

export const tracesRequest: Bytes = message(upTo(3, delimitedField(1, resourceSpans)));
