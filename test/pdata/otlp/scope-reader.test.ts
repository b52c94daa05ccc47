import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ScopeReader } from '../../../src/pdata/otlp/scope-reader.ts';
import { WireError } from '../../../src/pdata/wire/wire-error.ts';
import { messageType } from '../../../src/pdata/service/message-root.ts';
import { delimitedField, message, textField, upTo, varintField } from '../../support/odd-protobuf.ts';
import { ATTRIBUTE_KEYS, keyValue } from '../../support/odd-traces.ts';
import { hexOf } from '../../support/otlp.ts';
import { holds } from '../../support/property.ts';
import { joinedContent, wireFields } from '../../support/wire-fields.ts';

const text = fc.string({ maxLength: 8 });

const scopeMessage = message(
  upTo(2, textField(1, text)),
  upTo(2, textField(2, text)),
  upTo(3, delimitedField(3, keyValue)),
  upTo(1, varintField(4, fc.constantFrom(0n, 1n, 2n ** 32n - 1n))),
);

/** A scope may stand in pieces. */
const scopeSpansMessage = message(upTo(2, delimitedField(1, scopeMessage)), upTo(2, textField(3, text)));

/** Used for scope after scope: what one leaves behind must not show in the next. */
const reader = new ScopeReader(ATTRIBUTE_KEYS);

test('reads of an odd scope what a full decoder reads', () => {
  const scopeType = messageType('opentelemetry.proto.common.v1.InstrumentationScope');
  const scopeSpansType = messageType('opentelemetry.proto.trace.v1.ScopeSpans');
  holds(
    fc.property(scopeSpansMessage, (bytes) => {
      const padded = Buffer.concat([Buffer.from([0xff]), bytes, Buffer.from([0xff])]);
      reader.read(padded, 1, 1 + bytes.length);
      const place = (start: number, end: number): string => hexOf(padded.subarray(start, end));
      const scope = scopeType.toObject(scopeType.decode(joinedContent(wireFields(bytes), 1)), { defaults: true });
      const { schemaUrl } = scopeSpansType.toObject(scopeSpansType.decode(Uint8Array.from(bytes)), { defaults: true });
      expect({
        name: place(reader.nameStart, reader.nameEnd),
        version: place(reader.versionStart, reader.versionEnd),
        schemaUrl: place(reader.schemaUrlStart, reader.schemaUrlEnd),
        dropped: reader.droppedAttributesCount,
        keys: ATTRIBUTE_KEYS.filter((_, index) => reader.attributes.has(index)),
        place: [reader.start, reader.end],
      }).toEqual({
        name: hexOf(Buffer.from(scope['name'] as string)),
        version: hexOf(Buffer.from(scope['version'] as string)),
        schemaUrl: hexOf(Buffer.from(schemaUrl as string)),
        dropped: scope['droppedAttributesCount'],
        keys: ATTRIBUTE_KEYS.filter((key) => (scope['attributes'] as readonly { key: string }[]).some((attribute) => attribute.key === key)),
        place: [1, 1 + bytes.length],
      });
    }),
    400,
  );
});

test('refuses what is cut short', () => {
  const bytes = Buffer.from('0a030a0561', 'hex');
  expect(() => reader.read(bytes, 0, bytes.length)).toThrow(WireError);
});
