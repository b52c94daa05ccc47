import type { DriveOptions, Traffic } from './drive.ts';

/** How long a load is sent. */
export interface PhaseSeconds {
  readonly warmUp: number;
  /** So often that, from an empty window to an empty window. */
  readonly warmUpRounds: number;
  readonly measured: number;
}

/** Code is compiled, and a window of a second has been as large as it gets. */
const USUAL: PhaseSeconds = { warmUp: 4, warmUpRounds: 1, measured: 5 };

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
export function phasesOf({ spansPerRequest, isGzip }: Traffic, scale: number, { warmUp, warmUpRounds, measured } = USUAL): DriveOptions {
  if (!isGzip) {
    return { spansPerRequest, isGzip, warmUp: { maxSeconds: scale * warmUp }, warmUpRounds, measured: { maxSeconds: scale * measured } };
  }
  const spans = scale * (COMPRESSED_SPANS.find(([least]) => spansPerRequest >= least)?.[1] ?? 100_000);
  return {
    spansPerRequest,
    isGzip,
    warmUp: { maxSpans: WARM_UP_SHARE * spans, maxSeconds: MAX_SECONDS },
    warmUpRounds: 1,
    measured: { maxSpans: spans, maxSeconds: MAX_SECONDS },
  };
}
