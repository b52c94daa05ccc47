import { OTHER, type Kind } from './kind.ts';

/** How many kinds are told of one by one. */
const LARGEST = 20;

/** One kind of traffic, or several together, over the last 30 s. */
export interface KindReport {
  readonly kind: string;
  /** Share of its spans that passes, from 0 to 1. */
  readonly rate: number;
  /** Spans a second that come, and that are kept. */
  readonly load: number;
  readonly kept: number;
}

/** What an adaptive policy says of itself. */
export interface AdaptiveReport {
  /** Spans a second: what is to be kept, and what is, over the last 30 s. */
  readonly goal: number;
  readonly achieved: number;
  /** Ticks in which the guard held back what the rates would have let pass. */
  readonly guardInterventions: number;
  readonly kindCount: number;
  /** The largest, and all others together. */
  readonly kinds: readonly KindReport[];
}

/** Says what the largest kinds did, and all others together as one. */
export function reportOf(kinds: readonly Kind[], atMs: number): Pick<AdaptiveReport, 'kindCount' | 'kinds'> {
  const reports = kinds
    .map((kind): KindReport => ({ kind: kind.name, rate: kind.rate, load: kind.load(atMs), kept: kind.kept.mean(atMs) }))
    .sort((a, b) => b.load - a.load);
  const named = reports.filter(({ kind }) => kind !== OTHER);
  const others = [...reports.filter(({ kind }) => kind === OTHER), ...named.slice(LARGEST)];
  const kindCount = named.length;
  return others.length === 0 ? { kindCount, kinds: named } : { kindCount, kinds: [...named.slice(0, LARGEST), together(others)] };
}

function together(reports: readonly KindReport[]): KindReport {
  let load = 0;
  let kept = 0;
  let passing = 0;
  for (const report of reports) {
    load += report.load;
    kept += report.kept;
    passing += report.rate * report.load;
  }
  return { kind: OTHER, rate: load === 0 ? 1 : passing / load, load, kept };
}
