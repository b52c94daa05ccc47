import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { id, type JsonObject, span } from '../../../support/otlp.ts';
import { holdsAsync } from '../../../support/property.ts';
import { ProcessorRig } from '../processor-rig.ts';

/** Whether the trace of these spans is kept. */
async function isKept(spans: readonly JsonObject[], latency: JsonObject): Promise<boolean> {
  const rig = new ProcessorRig({ policies: [{ name: 'slow', type: 'latency', latency }] });
  await rig.sendRaw(spans);
  rig.clock.tick(1100);
  return rig.kept.length > 0;
}

function timedSpan(startNs: bigint, endNs: bigint): JsonObject {
  return { ...span({ traceId: id(1, 16) }), startTimeUnixNano: startNs, endTimeUnixNano: endNs };
}

const S = 1_700_000_000_000_000_000n;
const MS = 1_000_000n;

describe('latency', () => {
  test.each([
    ['at the threshold', [[0n, 100n]], { threshold_ms: 100 }, false],
    ['above it', [[0n, 101n]], { threshold_ms: 100 }, true],
    ['from the first start to the last end', [[50n, 60n], [0n, 10n], [40n, 101n]], { threshold_ms: 100 }, true],
    ['nothing at a threshold of 0', [[5n, 5n]], { threshold_ms: 0 }, false],
    ['at the upper threshold', [[0n, 200n]], { threshold_ms: 100, upper_threshold_ms: 200 }, true],
    ['above the upper threshold', [[0n, 201n]], { threshold_ms: 100, upper_threshold_ms: 200 }, false],
    ['an upper threshold of 0 is none', [[0n, 10_000n]], { threshold_ms: 100, upper_threshold_ms: 0 }, true],
    ['an end before the start', [[1000n, 0n]], { threshold_ms: 0 }, false],
  ] as const)('%s', async (_name, times, config, expected) => {
    expect(await isKept(times.map(([start, end]) => timedSpan(S + start * MS, S + end * MS)), config)).toBe(expected);
  });

  test('counts whole milliseconds, rounded towards zero', async () => {
    expect(await isKept([timedSpan(S, S + 101n * MS - 1n)], { threshold_ms: 100 })).toBe(false);
    expect(await isKept([timedSpan(S, S + 101n * MS)], { threshold_ms: 100 })).toBe(true);
  });

  test('is exact for every pair of times', async () => {
    const time = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 34n }).map((offset) => S + offset),
      fc.tuple(fc.bigInt({ min: 1n, max: 400_000_000n }), fc.bigInt({ min: -2n, max: 2n })).map(([high, low]) => (high << 32n) + low),
      fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    );
    await holdsAsync(
      fc.asyncProperty(time, time, async (a, b) => {
        const [startNs, endNs] = a < b ? [a, b] : [b, a];
        const durationMs = Number((endNs - startNs) / MS);
        const spans = [timedSpan(startNs, endNs)];
        expect(await isKept(spans, { threshold_ms: durationMs })).toBe(false);
        if (durationMs > 0) expect(await isKept(spans, { threshold_ms: durationMs - 1 })).toBe(true);
      }),
      200,
    );
  });
});
