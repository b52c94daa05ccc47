import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventReader } from '../../../src/pdata/otlp/event-reader.ts';
import { WireError } from '../../../src/pdata/wire/wire-error.ts';
import { messageType } from '../../../src/pdata/service/message-root.ts';
import { fixed64Field, message, textField, upTo, delimitedField, varintField } from '../../support/odd-protobuf.ts';
import { ATTRIBUTE_KEYS, keyValue } from '../../support/odd-traces.ts';
import { hexOf } from '../../support/otlp.ts';
import { holds } from '../../support/property.ts';

const eventMessage = message(
  upTo(2, fixed64Field(1, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))),
  upTo(2, textField(2, fc.string({ maxLength: 8 }))),
  upTo(3, delimitedField(3, keyValue)),
  upTo(1, varintField(4, fc.constantFrom(0n, 1n, 2n ** 32n - 1n))),
);

/** Used for event after event: what one leaves behind must not show in the next. */
const reader = new EventReader(ATTRIBUTE_KEYS);

test('reads of an odd event what a full decoder reads', () => {
  const type = messageType('opentelemetry.proto.trace.v1.Span.Event');
  holds(
    fc.property(eventMessage, (bytes) => {
      const padded = Buffer.concat([Buffer.from([0xff]), bytes, Buffer.from([0xff])]);
      reader.read(padded, 1, 1 + bytes.length);
      const decoded = type.toObject(type.decode(Uint8Array.from(bytes)), { longs: String, defaults: true });
      expect({
        name: hexOf(padded.subarray(reader.nameStart, reader.nameEnd)),
        time: reader.timeAt < 0 ? '0' : String(padded.readBigUInt64LE(reader.timeAt)),
        dropped: reader.droppedAttributesCount,
        keys: ATTRIBUTE_KEYS.filter((_, index) => reader.attributes.has(index)),
        place: [reader.start, reader.end],
      }).toEqual({
        name: hexOf(Buffer.from(decoded['name'] as string)),
        time: decoded['timeUnixNano'],
        dropped: decoded['droppedAttributesCount'],
        keys: ATTRIBUTE_KEYS.filter((key) => (decoded['attributes'] as readonly { key: string }[]).some((attribute) => attribute.key === key)),
        place: [1, 1 + bytes.length],
      });
    }),
    400,
  );
});

test('refuses what is cut short', () => {
  const bytes = Buffer.from('0900000000000000001202', 'hex');
  expect(() => reader.read(bytes, 0, bytes.length)).toThrow(WireError);
});
