import { describe, expect, test } from 'vitest';
import { id, type JsonObject } from '../../../support/otlp.ts';
import { ProcessorRig } from '../processor-rig.ts';

function limited(rate: JsonObject): ProcessorRig {
  return new ProcessorRig({ policies: [{ name: 'few', type: 'rate_limiting', rate_limiting: rate }], decision_wait: '50ms' });
}

/** Sends traces of `spans` spans each, to be decided together. */
async function decide(rig: ProcessorRig, from: number, traces: number, spans: number): Promise<number> {
  const before = rig.keptSpans.length;
  for (let trace = 0; trace < traces; trace++) await rig.send(...Array.from({ length: spans }, () => ({ traceId: id(from + trace, 16) })));
  rig.clock.tick(100);
  return rig.keptSpans.length - before;
}

describe('rate_limiting', () => {
  test.each([
    ['twice the rate', { spans_per_second: 10 }, 20],
    ['what is written', { spans_per_second: 10, burst_capacity: 7 }, 7],
  ])('keeps at once %s, then the rate', async (_name, rate, burst) => {
    const rig = limited(rate);
    expect(await decide(rig, 1, 100, 1)).toBe(burst);
    expect(await decide(rig, 200, 100, 1)).toBeLessThanOrEqual(1);
    let kept = 0;
    for (let second = 0; second < 20; second++) {
      kept += await decide(rig, 1000 + 100 * second, 50, 1);
      rig.clock.tick(900);
    }
    expect(kept).toBeGreaterThanOrEqual(7 * 19);
    expect(kept).toBeLessThanOrEqual(10 * 20 + 1);
  });

  test('keeps traces whole, and never one larger than the burst', async () => {
    const rig = limited({ spans_per_second: 10, burst_capacity: 7 });
    expect(await decide(rig, 1, 1, 8)).toBe(0);
    expect(await decide(rig, 10, 3, 3)).toBe(6);
    rig.clock.tick(10_000);
    expect(await decide(rig, 20, 1, 7)).toBe(7);
  });

  test('does not charge for traces that a policy beside it in and refuses', async () => {
    const errors = { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } };
    const few = { name: 'few', type: 'rate_limiting', rate_limiting: { spans_per_second: 1, burst_capacity: 2 } };
    const rig = new ProcessorRig({ policies: [{ name: 'both', type: 'and', and: { and_sub_policy: [errors, few] } }] });
    await rig.send(...Array.from({ length: 30 }, (_, i) => ({ traceId: id(i + 1, 16), ...(i >= 28 ? { statusCode: 2 } : {}) })));
    rig.clock.tick(1100);
    expect(rig.kept).toEqual([29, 30]);
  });
});
