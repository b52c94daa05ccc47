import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpanReader } from '../../../src/pdata/otlp/span-reader.ts';
import { WireError } from '../../../src/pdata/wire/wire-error.ts';
import { mergedSpans } from '../../support/merged-traces.ts';
import { ATTRIBUTE_KEYS, spanMessage, tracesRequest } from '../../support/odd-traces.ts';
import { hexOf } from '../../support/otlp.ts';
import { holds } from '../../support/property.ts';
import { delimitedContents, wireFields } from '../../support/wire-fields.ts';

/** Used for span after span: what one leaves behind must not show in the next. */
const reader = new SpanReader(ATTRIBUTE_KEYS);

function timeAt(at: number): bigint {
  return at < 0 ? 0n : Buffer.from(reader.bytes).readBigUInt64LE(at);
}

function place(start: number, end: number): string {
  return hexOf(reader.bytes.subarray(start, end));
}

function text(value: unknown): string {
  return Buffer.from(value as string).toString('hex');
}

describe('SpanReader', () => {
  test('reads of an odd span what a full decoder reads', () => {
    holds(
      fc.property(tracesRequest, (request) => {
        for (const { bytes, decoded, startNs, endNs, statusCode, statusMessage, attributes } of mergedSpans(request)) {
          const padded = Buffer.concat([Buffer.from([0xff]), bytes, Buffer.from([0xff])]);
          reader.read(padded, 1, 1 + bytes.length);
          expect({
            traceId: place(reader.traceIdStart, reader.traceIdEnd),
            spanId: place(reader.spanIdStart, reader.spanIdEnd),
            parentSpanId: place(reader.parentSpanIdStart, reader.parentSpanIdEnd),
            traceState: place(reader.traceStateStart, reader.traceStateEnd),
            name: place(reader.nameStart, reader.nameEnd),
            statusMessage: place(reader.statusMessageStart, reader.statusMessageEnd),
            kind: reader.kind,
            flags: reader.flags,
            dropped: [reader.droppedAttributesCount, reader.droppedEventsCount, reader.droppedLinksCount],
            linkCount: reader.linkCount,
            times: [timeAt(reader.startTimeAt), timeAt(reader.endTimeAt)],
            statusCode: reader.statusCode,
            events: Array.from({ length: reader.eventCount }, (_, i) => place(reader.eventStart[i]!, reader.eventEnd[i]!)),
            keys: ATTRIBUTE_KEYS.filter((_, index) => reader.attributes.has(index)),
          }).toEqual({
            traceId: hexOf(decoded['traceId'] as Uint8Array),
            spanId: hexOf(decoded['spanId'] as Uint8Array),
            parentSpanId: hexOf(decoded['parentSpanId'] as Uint8Array),
            traceState: text(decoded['traceState']),
            name: text(decoded['name']),
            statusMessage: text(statusMessage),
            kind: decoded['kind'],
            flags: decoded['flags'],
            dropped: [decoded['droppedAttributesCount'], decoded['droppedEventsCount'], decoded['droppedLinksCount']],
            linkCount: (decoded['links'] as readonly unknown[]).length,
            times: [startNs, endNs],
            statusCode,
            events: delimitedContents(wireFields(bytes), 11).map(hexOf),
            keys: ATTRIBUTE_KEYS.filter((key) => attributes.some((attribute) => attribute.key === key)),
          });
        }
      }),
      300,
    );
  });

  test('takes broken bytes for an error inside them', () => {
    holds(
      fc.property(spanMessage, fc.nat(), fc.uint8Array({ maxLength: 6 }), (bytes, at, more) => {
        const broken = Buffer.concat([bytes.subarray(0, at % (bytes.length + 1)), more]);
        try {
          reader.read(broken, 0, broken.length);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
          expect((error as WireError).offset).toBeLessThanOrEqual(broken.length);
        }
      }),
      500,
    );
  });
});
