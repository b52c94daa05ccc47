import { describe, expect, test } from 'vitest';
import { scanTraces } from '../../../src/pdata/otlp/scan-traces.ts';
import { SpanScan } from '../../../src/pdata/otlp/span-scan.ts';
import { NO_SPAN } from '../../../src/processor/tail-sampling/policy/trace.ts';
import { RequestRuns } from '../../../src/processor/tail-sampling/window/request-runs.ts';
import { Splicer } from '../../../src/processor/tail-sampling/window/splicer.ts';
import { Window } from '../../../src/processor/tail-sampling/window/window.ts';
import { WindowedTraces } from '../../../src/processor/tail-sampling/windowed-traces.ts';
import { encodeRequest, hexOf, id, span, tracesOf } from '../../support/otlp.ts';
import { delimitedContents, wireFields } from '../../support/wire-fields.ts';
import { HASH_KEY, traceIdAt } from './window/trace-ids.ts';
import { ProcessorRig } from './processor-rig.ts';

test('each trace is judged by its own spans, however many traces are decided together', async () => {
  const key = 'wanted';
  const rig = new ProcessorRig({ policies: [{ name: 'wanted', type: 'string_attribute', string_attribute: { key, values: ['yes'] } }] });
  const expected: number[] = [];
  let number = 0;
  for (const size of [1, 3, 2, 1, 2, 1, 1, 4, 3, 3]) {
    for (let i = 0; i < size; i++) {
      number++;
      // The last of a batch and the first of the next differ.
      const isWanted = number % 2 === 1;
      if (isWanted) expected.push(number);
      await rig.send({ traceId: id(number, 16), attributes: { [key]: isWanted ? 'yes' : 'no' } });
    }
    rig.clock.tick(1100);
    await rig.settle();
  }
  expect(rig.kept).toEqual(expected);
  await rig.stop();
});

describe('the spans of a trace', () => {
  const COUNT = 40;
  const ROOTS = new Set([0, 17, 39]);

  /** A trace of so many spans in one run of a request, which takes several rows, numbered by their ids. */
  function traceInWindow(): WindowedTraces {
    const window = new Window({ maxTraces: 10, maxSpans: 1000, maxBytes: 1 << 20 }, HASH_KEY);
    const spans = Array.from({ length: COUNT }, (_, i) => ({
      ...span({ traceId: id(7, 16), spanId: id(i + 1, 8), name: 'x'.repeat(i * 20) }),
      ...(ROOTS.has(i) ? {} : { parentSpanId: Buffer.alloc(8, 1) }),
    }));
    const bytes = encodeRequest('traces', tracesOf(spans));
    const scan = new SpanScan();
    scanTraces(bytes, scan);
    const slot = window.traces.add(traceIdAt(window, bytes, scan.traceIdAt[0]!), 0);
    const runs = new RequestRuns(window.newId());
    runs.read(bytes, scan);
    window.beginRequest(bytes, scan);
    for (let run = 0; run < runs.count; run++) window.addRun(slot, runs.first(run), runs.end(run));
    window.endRequest();
    const traces = new WindowedTraces(window, new Splicer(window));
    traces.begin([slot], 0);
    traces.trace(0);
    return traces;
  }

  function handles(trace: WindowedTraces): readonly number[] {
    const all: number[] = [];
    for (let one = trace.firstSpan(); one !== NO_SPAN; one = trace.nextSpan(one)) all.push(one);
    return all;
  }

  function numberOf(trace: WindowedTraces, one: number): number {
    const message = trace.spanBytes(one).subarray(trace.spanStart(one), trace.spanEnd(one));
    return Number.parseInt(hexOf(delimitedContents(wireFields(message), 2)[0]!), 16) - 1;
  }

  test('are walked over in the order in which they came', () => {
    const trace = traceInWindow();
    expect(handles(trace).map((one) => numberOf(trace, one))).toEqual(Array.from({ length: COUNT }, (_, i) => i));
  });

  test('can be looked at in any order, and say which is a root', () => {
    const trace = traceInWindow();
    const all = handles(trace);
    for (const i of [39, 0, 16, 15, 17, 3, 3, 2, 31, 32, 33]) expect([numberOf(trace, all[i]!), trace.isRoot(all[i]!)]).toEqual([i, ROOTS.has(i)]);
    expect(new Set(all.map((one) => trace.scope(one))).size).toBe(1);
    expect(new Set(all.map((one) => trace.resource(one))).size).toBe(1);
  });
});
