import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countItems } from '../../../src/pdata/otlp/count-items.ts';
import type { ExportRequest } from '../../../src/pdata/otlp/export-request.ts';
import type { Signal } from '../../../src/pdata/otlp/signal.ts';
import { joinRequests, splitRequest } from '../../../src/pdata/otlp/split-request.ts';
import { WireError } from '../../../src/pdata/wire/wire-error.ts';
import { metricsRequest, requestOf } from '../../support/odd-items.ts';
import { tracesRequest } from '../../support/odd-traces.ts';
import { decodeRequest, encodeRequest, exportRequest, hexOf, logsOf, metricsOf, span, tracesOf } from '../../support/otlp.ts';
import { holds } from '../../support/property.ts';
import { delimitedContents, wireFields, withoutDelimited } from '../../support/wire-fields.ts';

const SIGNALS = [
  ['traces', tracesRequest],
  ['metrics', metricsRequest],
  ['logs', requestOf('logs')],
] as const;

const METRIC_DATA = [5, 7, 9, 10, 11];

function requestFrom(signal: Signal, bytes: Uint8Array): ExportRequest {
  return { signal, bytes, itemCount: countItems(signal, bytes), retainable: true, scan: undefined };
}

/** Every item with all that is around it, as one text: what splitting must not change. */
function itemsOf(signal: Signal, bytes: Uint8Array): readonly string[] {
  return delimitedContents(wireFields(bytes), 1).flatMap((resource) => {
    const resourceFields = wireFields(resource);
    return delimitedContents(resourceFields, 2).flatMap((scope) => {
      const scopeFields = wireFields(scope);
      const around = [withoutDelimited(resourceFields, 2), withoutDelimited(scopeFields, 2)].map(hexOf).join('|');
      return delimitedContents(scopeFields, 2)
        .flatMap((item) => (signal === 'metrics' ? pointsOf(item) : [hexOf(item)]))
        .map((item) => `${around}|${item}`);
    });
  });
}

/** The data points of a metric, each with what is around it. */
function pointsOf(metric: Uint8Array): readonly string[] {
  const fields = wireFields(metric);
  const number = METRIC_DATA.find((candidate) => delimitedContents(fields, candidate).length > 0);
  if (number === undefined) return [];
  return delimitedContents(fields, number).flatMap((data) => {
    const dataFields = wireFields(data);
    const around = [withoutDelimited(fields, number), withoutDelimited(dataFields, 1)].map(hexOf).join('|');
    return delimitedContents(dataFields, 1).map((point) => `${number}|${around}|${hexOf(point)}`);
  });
}

describe('splitRequest', () => {
  test.each(SIGNALS)('of odd %s keeps each item, its surroundings and the order', (signal, arbitrary) => {
    holds(
      fc.property(arbitrary, fc.integer({ min: 1, max: 12 }), (bytes, maxItems) => {
        const request = requestFrom(signal, bytes);
        const pieces = splitRequest(request, maxItems);
        expect(pieces.flatMap((piece) => itemsOf(signal, piece.bytes))).toEqual(itemsOf(signal, bytes));
        for (const piece of pieces) {
          expect(piece.itemCount).toBe(countItems(signal, piece.bytes));
          expect(piece.itemCount).toBeLessThanOrEqual(maxItems);
          expect(piece.signal).toBe(signal);
          decodeRequest(signal, piece.bytes);
        }
        // As few as there can be, but for metrics, which are cut only where a single one is too large.
        if (signal !== 'metrics') expect(pieces).toHaveLength(Math.max(1, Math.ceil(request.itemCount / maxItems)));
        const unknown = pieces.map((piece) => hexOf(withoutDelimited(wireFields(piece.bytes), 1)));
        expect(unknown.join('')).toBe(hexOf(withoutDelimited(wireFields(bytes), 1)));
      }),
      250,
    );
  });

  test('leaves a request that fits as it is', () => {
    const request = requestFrom('logs', encodeRequest('logs', logsOf(3)));
    expect(splitRequest(request, 3)).toEqual([request]);
    expect(splitRequest(request, 3)[0]).toBe(request);
  });

  test('pieces own their memory', () => {
    for (const piece of splitRequest(requestFrom('traces', encodeRequest('traces', tracesOf([span(), span()]))), 1)) {
      expect(piece.retainable).toBe(true);
      expect(piece.bytes.buffer.byteLength).toBe(piece.bytes.length);
      expect(piece.scan).toBeUndefined();
    }
  });

  test('splits a metric with more points than a piece may have', () => {
    const pieces = splitRequest(requestFrom('metrics', encodeRequest('metrics', metricsOf(7))), 3);
    expect(pieces.map(({ itemCount }) => itemCount)).toEqual([3, 3, 1]);
  });

  test('stays linear where one metric has very many points', () => {
    const pieces = splitRequest(requestFrom('metrics', encodeRequest('metrics', metricsOf(200_000))), 200_000 - 1);
    expect(pieces.map(({ itemCount }) => itemCount)).toEqual([199_999, 1]);
  });

  test('throws on malformed bytes and on a size of nothing', () => {
    const request = requestFrom('traces', encodeRequest('traces', tracesOf([span(), span()])));
    const cut = { ...request, bytes: request.bytes.subarray(0, request.bytes.length - 1) };
    expect(() => splitRequest(cut, 1)).toThrow(WireError);
    expect(() => splitRequest(request, 0)).toThrow('maxItems 0 must be 1 or more');
  });
});

describe('joinRequests', () => {
  test.each(SIGNALS)('of odd %s has the items of all, in order', (signal, arbitrary) => {
    holds(
      fc.property(fc.array(arbitrary, { minLength: 1, maxLength: 4 }), (parts) => {
        const requests = parts.map((bytes) => requestFrom(signal, bytes));
        const joined = joinRequests(requests);
        expect(itemsOf(signal, joined.bytes)).toEqual(parts.flatMap((bytes) => itemsOf(signal, bytes)));
        expect(joined.itemCount).toBe(countItems(signal, joined.bytes));
        expect(joined.retainable).toBe(true);
      }),
      100,
    );
  });

  test('a single request is handed on as it is when it may be kept, else copied', () => {
    const request = exportRequest('logs', logsOf(1), 1);
    expect(joinRequests([request])).toBe(request);
    const copy = joinRequests([{ ...request, retainable: false }]);
    expect(copy.bytes).not.toBe(request.bytes);
    expect(hexOf(copy.bytes)).toBe(hexOf(request.bytes));
  });

  test('of nothing, or of two signals, is a defect', () => {
    expect(() => joinRequests([])).toThrow('nothing to join');
    expect(() => joinRequests([exportRequest('logs', logsOf(1), 1), exportRequest('metrics', metricsOf(1), 1)])).toThrow(
      'cannot join metrics with logs',
    );
  });
});

test('any number of unknown fields, between the spans or around them, goes along', () => {
  const unknown = Buffer.alloc(3 * 300_000, Buffer.from([0xa0, 0x06, 0x01]));
  const bytes = Buffer.concat([unknown, encodeRequest('traces', tracesOf([span({ name: 'a' }), span({ name: 'b' })]))]);
  const pieces = splitRequest(requestFrom('traces', bytes), 1);
  expect(pieces.map(({ itemCount }) => itemCount)).toEqual([1, 1]);
  expect(hexOf(pieces[0]!.bytes.subarray(0, unknown.length))).toBe(hexOf(unknown));
});
