import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countItems } from '../../../src/pdata/otlp/count-items.ts';
import { SIGNALS } from '../../../src/pdata/otlp/signal.ts';
import { WireError } from '../../../src/pdata/wire/wire-error.ts';
import { metricsRequest, requestOf } from '../../support/odd-items.ts';
import { tracesRequest } from '../../support/odd-traces.ts';
import { decodeRequest, encodeRequest, logsOf, metricsOf, span, tracesOf } from '../../support/otlp.ts';
import { holds } from '../../support/property.ts';

/** Leaves of a decoded request, whatever their signal: spans, log records, data points. */
function decodedItems(decoded: unknown): number {
  if (typeof decoded !== 'object' || decoded === null) return 0;
  let count = 0;
  for (const [key, value] of Object.entries(decoded)) {
    if (['spans', 'logRecords', 'dataPoints'].includes(key)) count += (value as readonly unknown[]).length;
    else count += decodedItems(value);
  }
  return count;
}

describe('countItems', () => {
  test.each([
    ['traces', tracesOf([span(), span(), span()]), 3],
    ['metrics', metricsOf(5), 5],
    ['logs', logsOf(4), 4],
    ['metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'without data' }] }] }] }, 0],
  ] as const)('%s', (signal, request, count) => {
    expect(countItems(signal, encodeRequest(signal, request))).toBe(count);
  });

  test.each([
    ['traces', tracesRequest],
    ['metrics', metricsRequest],
    ['logs', requestOf('logs')],
  ] as const)('of odd %s is what a full decoder counts', (signal, arbitrary) => {
    holds(
      fc.property(arbitrary, (bytes) => {
        expect(countItems(signal, bytes)).toBe(decodedItems(decodeRequest(signal, bytes)));
      }),
      300,
    );
  });

  test.each(SIGNALS)('of broken %s is an error inside the bytes', (signal) => {
    holds(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        try {
          expect(countItems(signal, bytes)).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
          expect((error as WireError).offset).toBeLessThanOrEqual(bytes.length);
        }
      }),
      500,
    );
  });
});
