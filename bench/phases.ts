import type { DriveOptions, Traffic } from './drive.ts';

interface Seconds {
  readonly warmUp: number;
  readonly measured: number;
}

/**
 * After so long code is compiled and the window has been as large as it gets: memory that the system has to make page by page
 * costs as much as several spans that lie in it, and a process that has run for a while has it.
 */
const LARGE: Seconds = { warmUp: 20, measured: 12 };
/** Of small requests fewer spans come in the same time. */
const SMALL: Seconds = { warmUp: 8, measured: 6 };
const LEAST_LARGE = 100;

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
export function phasesOf({ spansPerRequest, isGzip }: Traffic, scale = 1, warmUpSeconds?: number): DriveOptions {
  if (!isGzip) {
    const { warmUp, measured } = spansPerRequest < LEAST_LARGE ? SMALL : LARGE;
    return { spansPerRequest, isGzip, warmUp: { maxSeconds: scale * (warmUpSeconds ?? warmUp) }, measured: { maxSeconds: scale * measured } };
  }
  const spans = scale * (COMPRESSED_SPANS.find(([least]) => spansPerRequest >= least)?.[1] ?? 100_000);
  return {
    spansPerRequest,
    isGzip,
    warmUp: { maxSpans: WARM_UP_SHARE * spans, maxSeconds: MAX_SECONDS },
    measured: { maxSpans: spans, maxSeconds: MAX_SECONDS },
  };
}
