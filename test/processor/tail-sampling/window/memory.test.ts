import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { scanTraces } from '../../../../src/pdata/otlp/scan-traces.ts';
import { SpanScan } from '../../../../src/pdata/otlp/span-scan.ts';
import { NONE, TRIM_STEPS } from '../../../../src/processor/tail-sampling/window/arena.ts';
import { RequestRuns } from '../../../../src/processor/tail-sampling/window/request-runs.ts';
import { Window } from '../../../../src/processor/tail-sampling/window/window.ts';
import { HASH_KEY } from './trace-ids.ts';
import { encodeRequest, id, span, tracesOf } from '../../../support/otlp.ts';

const SPANS = 100_000;
const SPANS_PER_TRACE = 8;
const SPANS_PER_REQUEST = 400;

/** Bytes in use once what is garbage has gone, all and in V8's heap; buffers go in the background. The tests run with --expose-gc. */
async function collected(): Promise<{ readonly bytes: number; readonly heapBytes: number }> {
  for (let i = 0; i < 5; i++) {
    globalThis.gc!();
    await sleep(20);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { bytes: heapUsed + arrayBuffers, heapBytes: heapUsed };
}

/** Adds requests of whole traces; how many bytes their spans have on the wire. */
function fill(window: Window): number {
  const scan = new SpanScan();
  const traceId = window.newId();
  const runs = new RequestRuns(window.newId());
  let wireBytes = 0;
  for (let first = 0; first < SPANS; first += SPANS_PER_REQUEST) {
    const spans = Array.from({ length: SPANS_PER_REQUEST }, (_, i) => {
      const number = first + i + 1;
      return span({ traceId: id(Math.ceil(number / SPANS_PER_TRACE), 16), spanId: id(number, 8), attributes: { 'http.route': `/cart/${number}`, 'http.status_code': 200 } });
    });
    const bytes = encodeRequest('traces', tracesOf(spans));
    wireBytes += bytes.length;
    scanTraces(bytes, scan);
    window.beginRequest(bytes, scan);
    runs.read(bytes, scan);
    for (let run = 0; run < runs.count; run++) {
      runs.readId(run, traceId);
      const slot = window.traces.get(traceId);
      window.addRun(slot === NONE ? window.traces.add(traceId, 0) : slot, runs.first(run), runs.end(run));
    }
    window.endRequest();
  }
  return wireBytes;
}

test('a waiting span takes little more than its bytes, and all of it is given back', async () => {
  // Once for what the code itself takes: compiled functions, protobufjs' types.
  fill(new Window({ maxTraces: 20_000, maxSpans: SPANS, maxBytes: 256 << 20 }, HASH_KEY));
  const idle = await collected();
  const window = new Window({ maxTraces: 20_000, maxSpans: SPANS, maxBytes: 256 << 20 }, HASH_KEY);
  const wireBytes = fill(window);
  const full = await collected();
  const held = full.bytes - idle.bytes;
  expect(window.spans.count).toBe(SPANS);

  const counted = window.tableBytes / SPANS;
  const measured = (held - wireBytes) / SPANS;
  process.stdout.write(`a waiting span: ${(wireBytes / SPANS).toFixed(0)} B on the wire, ${counted.toFixed(1)} B in tables as counted, ${measured.toFixed(1)} B above the wire as measured\n`);
  expect(counted).toBeLessThanOrEqual(64);
  // What metrics say is what it takes, to within the last segment and the heap's own slack.
  expect(measured).toBeLessThanOrEqual(96);
  // A collector of garbage would look at every object there is, again and again.
  expect((full.heapBytes - idle.heapBytes) / window.traces.size).toBeLessThan(32);
  expect(window.arena.allocatedBytes).toBeLessThanOrEqual(wireBytes + 2 * window.arena.segmentBytes);

  for (const slot of window.traces.leastRecent(window.traces.size)) window.release(slot);
  for (let i = 0; i < 4 * TRIM_STEPS; i++) window.arena.trim();
  expect(window.arena.allocatedBytes).toBe(0);
  expect(((await collected()).bytes - idle.bytes) / held).toBeLessThan(0.2);
});
