/** How many spans an adaptive policy may keep. */
export interface Goal {
  /** Spans a second, where so many come in a second. */
  perSecond(load: number): number;
  /** Spans for a time in which so many came in. */
  earned(elapsedMs: number, spans: number): number;
}

/** So many spans a second whatever comes in. */
export function throughputGoal(spansPerSecond: number): Goal {
  return { perSecond: () => spansPerSecond, earned: (elapsedMs) => (spansPerSecond * elapsedMs) / 1000 };
}

/** A share, from 0 to 1, of what comes in. */
export function percentageGoal(share: number): Goal {
  return { perSecond: (load) => share * load, earned: (_elapsedMs, spans) => share * spans };
}
