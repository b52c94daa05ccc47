import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scanTraces } from '../../../../src/pdata/otlp/scan-traces.ts';
import { SpanScan } from '../../../../src/pdata/otlp/span-scan.ts';
import { RequestRuns } from '../../../../src/processor/tail-sampling/window/request-runs.ts';
import { MAX_RUN_SPANS } from '../../../../src/processor/tail-sampling/window/span-runs.ts';
import { TraceId } from '../../../../src/processor/tail-sampling/window/trace-id.ts';
import { tracesRequest } from '../../../support/odd-traces.ts';
import { encodeRequest, hexOf, id, span, tracesOf } from '../../../support/otlp.ts';
import { holds } from '../../../support/property.ts';
import { HASH_KEY, hexOfId, traceIdOf } from './trace-ids.ts';

function runsOf(bytes: Uint8Array, runs = new RequestRuns(new TraceId(HASH_KEY))): { readonly scan: SpanScan; readonly runs: RequestRuns } {
  const scan = new SpanScan();
  scanTraces(bytes, scan);
  runs.read(bytes, scan);
  return { scan, runs };
}

test('every valid span is in one run, with neighbours of its trace and scope, under its id and hash', () => {
  let longRuns = 0;
  const reused = new RequestRuns(new TraceId(HASH_KEY));
  holds(
    fc.property(tracesRequest, (bytes) => {
      const { scan, runs } = runsOf(bytes, reused);
      const traceId = new TraceId(HASH_KEY);
      let row = 0;
      const skipInvalid = (): void => {
        while (row < scan.spanCount && scan.traceIdAt[row] === 0) row++;
      };
      for (let run = 0; run < runs.count; run++) {
        skipInvalid();
        runs.readId(run, traceId);
        expect(runs.first(run)).toBe(row);
        for (; row < runs.end(run); row++) {
          const at = scan.traceIdAt[row]!;
          expect(hexOfId(traceId)).toBe(hexOf(bytes.subarray(at, at + 16)));
          expect(scan.spanScope[row]).toBe(scan.spanScope[runs.first(run)]);
          if (row > runs.first(run)) expect(scan.spanField[row]).toBe(scan.spanEnd[row - 1]);
        }
        expect(traceId.hash).toBe(traceIdOf(hexOfId(traceId)).hash);
        if (runs.end(run) - runs.first(run) > 1) longRuns++;
      }
      skipInvalid();
      expect(row).toBe(scan.spanCount);
      expect(runs.invalidSpans).toBe(scan.invalidSpanCount);
    }),
    300,
  );
  expect(longRuns).toBeGreaterThan(50);
});

test('runs are as long as a row takes, and no longer', () => {
  const spans = [1, 2].flatMap((trace) => Array.from({ length: 40 }, (_, i) => span({ traceId: id(trace, 16), spanId: id(i + 1, 8) })));
  const { runs } = runsOf(encodeRequest('traces', tracesOf(spans)));
  const lengths = Array.from({ length: runs.count }, (_, run) => runs.end(run) - runs.first(run));
  expect(lengths).toEqual([MAX_RUN_SPANS, MAX_RUN_SPANS, 8, MAX_RUN_SPANS, MAX_RUN_SPANS, 8]);
});

test('there are as many as a request has spans, where no neighbours belong together', () => {
  const spans = Array.from({ length: 1000 }, (_, i) => span({ traceId: id(1 + (i % 2), 16), spanId: id(i + 1, 8) }));
  expect(runsOf(encodeRequest('traces', tracesOf(spans))).runs.count).toBe(1000);
});
