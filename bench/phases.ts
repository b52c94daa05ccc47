import type { DriveOptions, Traffic } from './drive.ts';

/** So many spans are sent in a measured phase; small requests cost more each, so there are fewer. */
const MEASURED_SPANS: readonly (readonly [spansPerRequest: number, spans: number])[] = [
  [400, 3_000_000],
  [100, 1_500_000],
  [10, 500_000],
  [1, 60_000],
];
/** A compressed load has to be made before it is sent. */
const MAX_COMPRESSED_SPANS = 1_000_000;
/** Code is compiled and buffers have grown after so much of it. */
const WARM_UP_SHARE = 0.4;
/** Ends a phase on a machine far slower than ours. */
const MAX_SECONDS = 60;

/** What one run of one kind of traffic sends; `scale` makes all of it shorter or longer. */
export function phasesOf({ spansPerRequest, isGzip }: Traffic, scale = 1): DriveOptions {
  const usual = MEASURED_SPANS.find(([least]) => spansPerRequest >= least)?.[1] ?? 60_000;
  const spans = scale * (isGzip ? Math.min(usual, MAX_COMPRESSED_SPANS) : usual);
  return {
    spansPerRequest,
    isGzip,
    warmUp: { maxSpans: WARM_UP_SHARE * spans, maxSeconds: MAX_SECONDS },
    measured: { maxSpans: spans, maxSeconds: MAX_SECONDS },
  };
}
