import { describe, expect, test } from 'vitest';
import { SpanScan } from '../../../src/pdata/otlp/span-scan.ts';
import { scanTraces } from '../../../src/pdata/otlp/scan-traces.ts';
import { endOfRequest, RecordedTime } from '../../../src/service/replay/recorded-time.ts';
import { encodeRequest, span, tracesOf } from '../../support/otlp.ts';

const HOUR = 3_600_000;
const NOON = 1_700_000_000_000;

describe('RecordedTime', () => {
  test.each<[string, readonly (number | undefined)[], readonly number[]]>([
    ['counts from the first request', [NOON, NOON + 10, NOON + 25], [0, 10, 25]],
    ['stands still for requests that come out of order', [NOON, NOON + 10, NOON + 4, NOON + 11], [0, 10, 10, 11]],
    ['stands still for requests without a time', [undefined, NOON, undefined, NOON + 5], [0, 0, 0, 5]],
    ['shortens the pause between two recordings', [NOON, NOON + 30 * HOUR, NOON + 30 * HOUR + 5], [0, HOUR, HOUR + 5]],
    ['goes on with a recording that is older', [NOON, NOON + 10, NOON - 9 * HOUR, NOON - 9 * HOUR + 5], [0, 10, 10, 15]],
    ['goes on after one wrong time', [NOON, NOON * 1000, NOON + 10, NOON + 20], [0, HOUR, HOUR, HOUR + 10]],
  ])('%s', (_what, ends, expected) => {
    const time = new RecordedTime();
    expect(ends.map((end) => time.advance(end))).toEqual(expected);
  });
});

test('the end of a request is that of its last span', () => {
  const scan = new SpanScan();
  scanTraces(encodeRequest('traces', tracesOf([span({ endMs: NOON }), span({ endMs: NOON + 1.5 }), span({ endMs: 0 })])), scan);
  expect(endOfRequest(scan)).toBeCloseTo(NOON + 1.5, 3);
  scanTraces(encodeRequest('traces', tracesOf([span({ endMs: 0 })])), scan);
  expect(endOfRequest(scan)).toBeUndefined();
});
