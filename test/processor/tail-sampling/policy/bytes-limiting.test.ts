import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergedSpans } from '../../../support/merged-traces.ts';
import { tracesRequest } from '../../../support/odd-traces.ts';
import { id, type JsonObject } from '../../../support/otlp.ts';
import { holdsAsync } from '../../../support/property.ts';
import { ProcessorRig } from '../processor-rig.ts';

async function outputOf(bytes: Uint8Array, policy: JsonObject): Promise<readonly Uint8Array[]> {
  const rig = new ProcessorRig({ policies: [{ name: 'p', ...policy }] });
  await rig.processor.consume({ signal: 'traces', bytes, itemCount: mergedSpans(bytes).length, retainable: true, scan: undefined });
  rig.clock.tick(1100);
  await rig.settle();
  return rig.sink.requests.map((request) => request.bytes);
}

test('a trace costs the bytes it goes out with', async () => {
  await holdsAsync(
    fc.asyncProperty(tracesRequest, async (bytes) => {
      const [whole] = await outputOf(bytes, { type: 'always_sample' });
      // Of several traces each has a size of its own.
      fc.pre(whole !== undefined && new Set(mergedSpans(whole).map(({ traceId }) => traceId.join())).size === 1);
      const limited = (burst: number) => outputOf(bytes, { type: 'bytes_limiting', bytes_limiting: { bytes_per_second: 1, burst_capacity: burst } });
      expect(await limited(whole.length)).toEqual([whole]);
      expect(await limited(whole.length - 1)).toEqual([]);
    }),
    25,
  );
});

test('keeps twice the rate at once and then the rate', async () => {
  const traces = (from: number) => Array.from({ length: 40 }, (_, index) => ({ traceId: id(from + index, 16) }));
  const probe = new ProcessorRig({});
  await probe.send({ traceId: id(1, 16) });
  probe.clock.tick(1100);
  const size = probe.sink.requests[0]!.bytes.length;
  const rig = new ProcessorRig({ policies: [{ name: 'p', type: 'bytes_limiting', bytes_limiting: { bytes_per_second: 5 * size } }] });
  await rig.send(...traces(100));
  rig.clock.tick(1100);
  expect(rig.keptSpans).toHaveLength(10);
  await rig.send(...traces(200));
  rig.clock.tick(1000);
  expect(rig.keptSpans).toHaveLength(15);
});
