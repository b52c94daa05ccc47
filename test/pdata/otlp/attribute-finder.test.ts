import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AttributeFinder } from '../../../src/pdata/otlp/attribute-finder.ts';
import { SPAN_ATTRIBUTE } from '../../../src/pdata/otlp/fields.ts';
import { WireError } from '../../../src/pdata/wire/wire-error.ts';
import { type MergedAttribute, mergedSpans } from '../../support/merged-traces.ts';
import { delimited } from '../../support/odd-protobuf.ts';
import { ATTRIBUTE_KEYS, tracesRequest } from '../../support/odd-traces.ts';
import { encodeRequest, hexOf, span as spanOf, tracesOf } from '../../support/otlp.ts';
import { holds } from '../../support/property.ts';
import { delimitedContents, wireFields } from '../../support/wire-fields.ts';

/** What a walk found, by key, in the words of the oracle. */
function foundIn(finder: AttributeFinder, keys: readonly string[], bytes: Uint8Array): Readonly<Record<string, string>> {
  const rows = [...finder.found.subarray(0, finder.foundCount)];
  return Object.fromEntries(
    rows.map((index) => {
      const value = hexOf(bytes.subarray(finder.valueStart[index], finder.valueEnd[index]));
      return [keys[index]!, finder.kind[index] === 0 ? 'nothing' : `${finder.kind[index]! >>> 3}:${value}`];
    }),
  );
}

function firstOfEach(attributes: readonly MergedAttribute[], keys: readonly string[]): Readonly<Record<string, unknown>> {
  const wanted = keys.flatMap((key) => attributes.find((attribute) => attribute.key === key) ?? []);
  return Object.fromEntries(wanted.map(({ key, number, value }) => [key, number === 0 ? 'nothing' : expectedValue(number, value)]));
}

function expectedValue(number: number, value: string): unknown {
  if (number === 1) return `1:${Buffer.from(value).toString('hex')}`;
  // A varint may be longer than needed: its number is compared by the caller's oracle, its bytes are not.
  return number === 2 || number === 3 ? expect.stringMatching(new RegExp(`^${number}:`)) : `${number}:${value}`;
}

describe('AttributeFinder', () => {
  test('finds in odd spans and resources what a full decoder finds', () => {
    holds(
      fc.property(tracesRequest, fc.subarray([...ATTRIBUTE_KEYS, 'absent']), (request, keys) => {
        const finder = new AttributeFinder(keys);
        const padded = Buffer.concat([Buffer.from([1, 2, 3]), request, Buffer.from([0xff])]);
        for (const merged of mergedSpans(request)) {
          const start = padded.indexOf(merged.bytes);
          finder.find(padded, start, start + merged.bytes.length, SPAN_ATTRIBUTE);
          expect(foundIn(finder, keys, padded)).toEqual(firstOfEach(merged.attributes, keys));
          const resource = Buffer.from(merged.resourceRest, 'hex');
          finder.findInResource(resource, 0, resource.length);
          expect(foundIn(finder, keys, resource)).toEqual(firstOfEach(merged.resourceAttributes, keys));
        }
      }),
      300,
    );
  });

  test('takes broken bytes for an error and still finds afterwards', () => {
    const keys = ['a', 'service.name'];
    const finder = new AttributeFinder(keys);
    const good = delimitedSpan({ a: 'x', 'service.name': 'shop' });
    holds(
      fc.property(fc.uint8Array({ maxLength: 30 }), fc.nat(good.length), (bytes, at) => {
        const broken = Buffer.concat([good.subarray(0, at), bytes]);
        try {
          finder.find(broken, 0, broken.length, SPAN_ATTRIBUTE);
          for (const index of finder.found.subarray(0, finder.foundCount)) {
            expect(finder.valueEnd[index]).toBeLessThanOrEqual(broken.length);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
          expect((error as WireError).offset).toBeLessThanOrEqual(broken.length);
        }
        finder.find(good, 0, good.length, SPAN_ATTRIBUTE);
        expect(foundIn(finder, keys, good)).toEqual({ a: '1:78', 'service.name': '1:73686f70' });
      }),
      500,
    );
  });

  test('never reads beyond the end of an attribute', () => {
    // The key's length reaches into the next field, which is within the span.
    const attribute = delimited(9, Buffer.from([0x0a, 0x05, 0x61]));
    const bytes = Buffer.concat([attribute, delimited(9, delimited(1, Buffer.from('a')))]);
    expect(() => new AttributeFinder(['a']).find(bytes, 0, bytes.length, SPAN_ATTRIBUTE)).toThrow(WireError);
  });

  test('tells keys of one bucket apart', () => {
    const keys = Array.from({ length: 2000 }, (_, i) => `key.${i}`);
    const finder = new AttributeFinder(keys);
    const bytes = delimitedSpan({ 'key.7': 'a', 'key.1007': 'b', 'key.2000': 'c', key: 'd' });
    finder.find(bytes, 0, bytes.length, SPAN_ATTRIBUTE);
    expect(foundIn(finder, keys, bytes)).toEqual({ 'key.7': '1:61', 'key.1007': '1:62' });
  });
});

function delimitedSpan(attributes: Readonly<Record<string, string>>): Uint8Array {
  const request = encodeRequest('traces', tracesOf([spanOf({ attributes })]));
  const [resource] = delimitedContents(wireFields(request), 1);
  const [scope] = delimitedContents(wireFields(resource!), 2);
  return delimitedContents(wireFields(scope!), 2)[0]!;
}
