/** The value below which `share` of the sorted values lie; NaN when there is none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

/** Several runs of one thing. */
export interface Runs {
  readonly median: number;
  /** Half of the distance between the least and the most, as a share of the median. */
  readonly spread: number;
}

export function summarize(values: readonly number[]): Runs {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, spread: (sorted.at(-1)! - sorted[0]!) / 2 / median };
}
