import type { DriveOptions, Traffic } from './drive.ts';

/** Twice the time that traces wait in the contenders' windows: after it code is compiled, and memory once used has come round. */
const WARM_UP_SECONDS = 10;
const MEASURED_SECONDS = 8;

/** A compressed load is made before it is sent, so its spans are counted and not the time: small requests cost more each. */
const COMPRESSED_SPANS: readonly (readonly [spansPerRequest: number, spans: number])[] = [
  [100, 1_500_000],
  [10, 500_000],
  [1, 100_000],
];
const WARM_UP_SHARE = 0.8;
/** Ends a phase on a machine far slower than ours. */
const MAX_SECONDS = 60;

/** What one run of one kind of traffic sends; `scale` makes all of it shorter or longer. A compressed load has a warm-up of its own. */
export function phasesOf({ spansPerRequest, isGzip }: Traffic, scale = 1, warmUpSeconds = WARM_UP_SECONDS): DriveOptions {
  if (!isGzip) {
    return { spansPerRequest, isGzip, warmUp: { maxSeconds: scale * warmUpSeconds }, measured: { maxSeconds: scale * MEASURED_SECONDS } };
  }
  const spans = scale * (COMPRESSED_SPANS.find(([least]) => spansPerRequest >= least)?.[1] ?? 100_000);
  return {
    spansPerRequest,
    isGzip,
    warmUp: { maxSpans: WARM_UP_SHARE * spans, maxSeconds: MAX_SECONDS },
    measured: { maxSpans: spans, maxSeconds: MAX_SECONDS },
  };
}
