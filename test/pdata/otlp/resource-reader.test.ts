import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ResourceReader } from '../../../src/pdata/otlp/resource-reader.ts';
import { WireError } from '../../../src/pdata/wire/wire-error.ts';
import { messageType } from '../../../src/pdata/service/message-root.ts';
import { delimitedField, message, textField, upTo, varintField } from '../../support/odd-protobuf.ts';
import { keyValue } from '../../support/odd-traces.ts';
import { hexOf } from '../../support/otlp.ts';
import { holds } from '../../support/property.ts';
import { joinedContent, wireFields } from '../../support/wire-fields.ts';

const resourceMessage = message(upTo(2, delimitedField(1, keyValue)), upTo(1, varintField(2, fc.constantFrom(0n, 1n, 2n ** 32n - 1n))));

/** A resource may stand in pieces. */
const resourceSpansMessage = message(upTo(2, delimitedField(1, resourceMessage)), upTo(2, textField(3, fc.string({ maxLength: 8 }))));

/** Used for resource after resource: what one leaves behind must not show in the next. */
const reader = new ResourceReader();

test('reads of an odd resource what a full decoder reads', () => {
  const resourceType = messageType('opentelemetry.proto.resource.v1.Resource');
  const resourceSpansType = messageType('opentelemetry.proto.trace.v1.ResourceSpans');
  holds(
    fc.property(resourceSpansMessage, (bytes) => {
      const padded = Buffer.concat([Buffer.from([0xff]), bytes, Buffer.from([0xff])]);
      reader.read(padded, 1, 1 + bytes.length);
      const resource = resourceType.toObject(resourceType.decode(joinedContent(wireFields(bytes), 1)), { defaults: true });
      const { schemaUrl } = resourceSpansType.toObject(resourceSpansType.decode(Uint8Array.from(bytes)), { defaults: true });
      expect({
        schemaUrl: hexOf(padded.subarray(reader.schemaUrlStart, reader.schemaUrlEnd)),
        dropped: reader.droppedAttributesCount,
        place: [reader.start, reader.end],
      }).toEqual({
        schemaUrl: hexOf(Buffer.from(schemaUrl as string)),
        dropped: resource['droppedAttributesCount'],
        place: [1, 1 + bytes.length],
      });
    }),
    400,
  );
});

test('refuses what is cut short', () => {
  const bytes = Buffer.from('0a021080', 'hex');
  expect(() => reader.read(bytes, 0, bytes.length)).toThrow(WireError);
});
