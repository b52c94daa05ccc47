import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scanTraces } from '../../../src/pdata/otlp/scan-traces.ts';
import { HAS_PARENT, type OwnedRanges, SpanScan, STATUS_MASK } from '../../../src/pdata/otlp/span-scan.ts';
import { WireError } from '../../../src/pdata/wire/wire-error.ts';
import { mergedSpans } from '../../support/merged-traces.ts';
import { delimited, varint } from '../../support/odd-protobuf.ts';
import { traceIdBytes, tracesRequest } from '../../support/odd-traces.ts';
import { encodeRequest, hexOf, id, span, tracesOf } from '../../support/otlp.ts';
import { holds } from '../../support/property.ts';
import { delimitedContents, wireFields } from '../../support/wire-fields.ts';

/** Used for request after request, as receivers do: what one leaves behind must not show in the next. */
const scan = new SpanScan();

/** What the scan says of each span, in the words of the oracle. */
function scanned(bytes: Uint8Array) {
  scanTraces(bytes, scan);
  return Array.from({ length: scan.spanCount }, (_, row) => {
    const scope = scan.spanScope[row]!;
    const resource = scan.scopeResource[scope]!;
    return {
      bytes: hexOf(bytes.subarray(scan.spanStart[row], scan.spanEnd[row])),
      traceId: scan.traceIdAt[row] === 0 ? undefined : hexOf(bytes.subarray(scan.traceIdAt[row], scan.traceIdAt[row]! + 16)),
      hasParent: (scan.info[row]! & HAS_PARENT) !== 0,
      statusCode: scan.info[row]! & STATUS_MASK,
      startNs: (BigInt(scan.startHi[row]!) << 32n) | BigInt(scan.startLo[row]!),
      endNs: (BigInt(scan.endHi[row]!) << 32n) | BigInt(scan.endLo[row]!),
      scopeRest: rangesText(bytes, scan.scopeRanges, scope),
      resourceRest: rangesText(bytes, scan.resourceRanges, resource),
      requestRest: rangesText(bytes, scan.requestRanges, 0),
    };
  });
}

function rangesText(bytes: Uint8Array, ranges: OwnedRanges, owner: number): string {
  let text = '';
  for (let i = ranges.first[owner]!; i < ranges.first[owner + 1]!; i++) text += hexOf(bytes.subarray(ranges.start[i], ranges.end[i]));
  expect(text.length).toBe(2 * ranges.size(owner));
  return text;
}

function expected(bytes: Uint8Array) {
  return mergedSpans(bytes).map((merged) => ({
    bytes: hexOf(merged.bytes),
    traceId: isValidId(merged.traceId) && merged.hasValidSpanIds ? hexOf(merged.traceId) : undefined,
    hasParent: merged.parentSpanId.some((byte) => byte !== 0),
    statusCode: merged.statusCode >= 0 && merged.statusCode <= 2 ? merged.statusCode : STATUS_MASK,
    startNs: merged.startNs,
    endNs: merged.endNs,
    scopeRest: merged.scopeRest,
    resourceRest: merged.resourceRest,
    requestRest: merged.requestRest,
  }));
}

function isValidId(traceId: Uint8Array): boolean {
  return traceId.length === 16 && traceId.some((byte) => byte !== 0);
}

/** Scans and checks that a failure is a WireError inside the bytes; whether they were read. */
function reads(bytes: Uint8Array): boolean {
  try {
    scanTraces(bytes, scan);
    return true;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    expect(error.offset).toBeGreaterThanOrEqual(0);
    expect(error.offset).toBeLessThanOrEqual(bytes.length);
    return false;
  }
}

/** The Span messages by the plain reader; undefined where the bytes are not even messages that far. */
function plainSpans(bytes: Uint8Array): readonly string[] | undefined {
  try {
    const scopes = delimitedContents(wireFields(bytes), 1).flatMap((resource) => delimitedContents(wireFields(resource), 2));
    const spans = scopes.flatMap((scope) => delimitedContents(wireFields(scope), 2));
    for (const one of spans) for (const status of delimitedContents(wireFields(one), 15)) wireFields(status);
    return spans.map(hexOf);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

describe('scanTraces', () => {
  test('finds what a full decoder finds, in odd messages', () => {
    holds(
      fc.property(tracesRequest, (bytes) => {
        expect(scanned(bytes)).toEqual(expected(bytes));
        expect(scan.invalidSpanCount).toBe(expected(bytes).filter(({ traceId }) => traceId === undefined).length);
      }),
      600,
    );
  });

  test('takes a truncated message for an error, or for what it then is', () => {
    holds(
      fc.property(tracesRequest, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (bytes, share) => {
        const cut = bytes.subarray(0, Math.floor(bytes.length * share));
        const spans = plainSpans(cut);
        expect(reads(cut)).toBe(spans !== undefined);
        if (spans !== undefined) expect(scanned(cut).map((one) => one.bytes)).toEqual(spans);
      }),
      400,
    );
  });

  test.each([
    ['random bytes', fc.uint8Array({ maxLength: 40 })],
    [
      'a message with a byte changed',
      fc.tuple(tracesRequest, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([bytes, at, value]) => {
        const changed = Uint8Array.from(bytes);
        if (changed.length > 0) changed[at % changed.length] = value;
        return changed;
      }),
    ],
    [
      'a message with bytes put in',
      fc.tuple(tracesRequest, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 6 })).map(([bytes, at, more]) => {
        const place = at % (bytes.length + 1);
        return Buffer.concat([bytes.subarray(0, place), more, bytes.subarray(place)]);
      }),
    ],
  ])('reads %s exactly where a plain reader does', (_name, arbitrary) => {
    holds(
      fc.property(arbitrary, (bytes) => {
        const spans = plainSpans(bytes);
        expect(reads(bytes)).toBe(spans !== undefined);
        if (spans !== undefined) expect(scanned(bytes).map((one) => one.bytes)).toEqual(spans);
      }),
      1500,
    );
  });

  test('a known field number with another wire type is a field we do not know', () => {
    const odd = Buffer.concat([varint(0x08n), varint(5n), varint(0x3an), varint(2n), Buffer.from('ab'), varint(0x7dn), Buffer.alloc(4)]);
    const spanBytes = Buffer.concat([delimited(1, traceIdBytes(1)), odd]);
    const request = delimited(1, delimited(2, delimited(2, spanBytes)));
    expect(scanned(request)).toEqual([
      expect.objectContaining({ traceId: hexOf(traceIdBytes(1)), statusCode: 0, startNs: 0n, bytes: hexOf(spanBytes) }),
    ]);
  });

  test('grows for many spans, scopes and resources', () => {
    const one = tracesOf(Array.from({ length: 150 }, (_, i) => span({ traceId: id(i + 1, 16) })));
    const resourceSpans = (one['resourceSpans'] as readonly object[])[0]!;
    const bytes = encodeRequest('traces', { resourceSpans: Array.from({ length: 40 }, () => resourceSpans) as never });
    expect(scanned(bytes)).toEqual(expected(bytes));
    expect([scan.spanCount, scan.scopeCount, scan.resourceCount]).toEqual([6000, 40, 40]);
  });

  test('an empty request has no spans', () => {
    expect(scanned(new Uint8Array(0))).toEqual([]);
  });
});
