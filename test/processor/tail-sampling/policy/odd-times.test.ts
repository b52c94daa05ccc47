import { describe, expect, test } from 'vitest';
import { bytesOf, id, type JsonObject } from '../../../support/otlp.ts';
import { ProcessorRig } from '../processor-rig.ts';

const S = 1_700_000_000_000_000_000n;
const MS = 1_000_000n;

/** Root first; each further span is its child. Absent times are not written. */
type Times = readonly { readonly start?: bigint; readonly end?: bigint }[];

async function isKept(times: Times, policy: JsonObject): Promise<boolean> {
  const rig = new ProcessorRig({ policies: [{ name: 'p', ...policy }] });
  await rig.sendRaw(
    times.map(({ start, end }, index) => ({
      traceId: bytesOf(id(1, 16)),
      spanId: bytesOf(id(index + 1, 8)),
      ...(index === 0 ? {} : { parentSpanId: bytesOf(id(1, 8)) }),
      ...(start === undefined ? {} : { startTimeUnixNano: start }),
      ...(end === undefined ? {} : { endTimeUnixNano: end }),
    })),
  );
  rig.clock.tick(1100);
  expect(rig.collectorMetric('sampling_policy_evaluation_error')).toBe(0);
  return rig.kept.length > 0;
}

const latency = (thresholdMs: number, upperMs = 0): JsonObject => ({ type: 'latency', latency: { threshold_ms: thresholdMs, upper_threshold_ms: upperMs } });
const condition = (text: string): JsonObject => ({ type: 'ottl_condition', ottl_condition: { error_mode: 'propagate', span: [text] } });
/** 2⁵³ ns is 9007199254.740992 ms. */
const BEYOND_MS = 2 ** 53 / 1e6;

describe('a duration in whole milliseconds', () => {
  test.each<readonly [string, Times, number]>([
    ['a child that starts before its root', [{ start: S, end: S + 100n * MS }, { start: S - 50n * MS, end: S + 10n * MS }], 150],
    ['a child that ends after its root', [{ start: S, end: S + 100n * MS }, { start: S + 90n * MS, end: S + 130n * MS }], 130],
    ['a child that is over before its root begins', [{ start: S, end: S + 10n * MS }, { start: S - 80n * MS, end: S - 70n * MS }], 90],
    ['one span without an end among others', [{ start: S }, { start: S, end: S + 20n * MS }], 20],
    ['one span that ends before it starts among others', [{ start: S, end: S + 20n * MS }, { start: S + 15n * MS, end: S - 5n * MS }], 20],
    ['2⁵³ ns and 1', [{ start: S, end: S + 2n ** 53n + 1n }], Math.trunc(BEYOND_MS)],
    ['the last microsecond of a millisecond beyond 2⁵³ ns', [{ start: S, end: S + 9_007_199_256n * MS - 1000n }], 9_007_199_255],
    ['a whole millisecond beyond 2⁵³ ns', [{ start: S, end: S + 9_007_199_256n * MS }], 9_007_199_256],
    ['from the beginning of time', [{ start: 1n, end: 2n ** 62n }], 4_611_686_018_427],
  ])('%s', async (_name, times, durationMs) => {
    expect(await isKept(times, latency(durationMs - 1))).toBe(true);
    expect(await isKept(times, latency(durationMs))).toBe(false);
    expect(await isKept(times, latency(durationMs - 1, durationMs))).toBe(true);
    expect(await isKept(times, latency(durationMs - 2, durationMs - 1))).toBe(false);
    expect(await isKept(times, condition(`trace.duration >= Duration("${durationMs}ms")`))).toBe(true);
    expect(await isKept(times, condition(`trace.duration >= Duration("${durationMs + 1}ms")`))).toBe(false);
  });
});

test.each<readonly [string, Times, number]>([
  ['the last nanosecond of a millisecond', [{ start: S, end: S + 9_007_199_256n * MS - 1n }], 9_007_199_255],
  ['the longest there is', [{ start: 1n, end: 2n ** 63n - 1n }], 9_223_372_036_854],
])('latency is exact beyond 2⁵³ ns: %s', async (_name, times, durationMs) => {
  expect(await isKept(times, latency(durationMs - 1))).toBe(true);
  expect(await isKept(times, latency(durationMs))).toBe(false);
});

test('the longest duration there is does not read as negative in a condition', async () => {
  const times = [{ start: 1n, end: 2n ** 63n - 1n }];
  expect(await isKept(times, condition('trace.duration > Duration("1h")'))).toBe(true);
  expect(await isKept(times, condition('trace.duration < Duration("0s")'))).toBe(false);
});

describe('a trace of negative or no duration is never slow, and never a failure', () => {
  test.each<readonly [string, Times]>([
    ['no span has an end', [{ start: S }, { start: S + MS }]],
    ['no span has any time', [{}, {}]],
    ['the only span ends before it starts', [{ start: S, end: S - 20n * MS }]],
    ['every span ends before the first starts', [{ start: S, end: S - 20n * MS }, { start: S + MS, end: S - MS }]],
    ['start and end are one', [{ start: S, end: S }]],
  ])('%s', async (_name, times) => {
    const notSlow = { type: 'not', not: { not_sub_policy: { name: 'slow', ...latency(0) } } };
    expect(await isKept(times, latency(0))).toBe(false);
    expect(await isKept(times, latency(0, 1000))).toBe(false);
    expect(await isKept(times, notSlow)).toBe(true);
    expect(await isKept(times, condition('trace.duration <= Duration("0s")'))).toBe(true);
    expect(await isKept(times, condition('trace.duration > Duration("0s")'))).toBe(false);
  });
});
