import type { WindowCaseOptions } from './cases/window.ts';
import type { Axis } from './report/svg-chart.ts';

export interface CurvePoint {
  readonly x: number;
  readonly options: Omit<WindowCaseOptions, 'runs' | 'spansPerRun'>;
}

/** One thing that grows while all else stays. */
export interface Curve {
  readonly name: string;
  /** Of the plots, without `.svg` and `-memory.svg`. */
  readonly file: string;
  readonly xLabel: string;
  readonly yScale: Axis['scale'];
  readonly points: readonly CurvePoint[];
}

const USUAL: CurvePoint['options'] = { spansPerRequest: 100, spansPerTrace: 10, waitingSpans: 200_000, policies: 'workload' };

/** Of the workload's own spans. */
const USUAL_SPAN_BYTES = 373;
const WAITING_BYTES = 500e6;

export const CURVES: readonly Curve[] = [
  {
    name: 'spans waiting',
    file: 'growth-waiting',
    xLabel: 'spans waiting',
    yScale: 'linear',
    points: [1e4, 1e5, 1e6, 5e6].map((waitingSpans) => ({ x: waitingSpans, options: { ...USUAL, waitingSpans } })),
  },
  {
    name: 'policies over attributes, each with a key of its own',
    file: 'growth-policies',
    xLabel: 'policies',
    yScale: 'linear',
    points: [1, 3, 10, 50].map((policies) => ({ x: policies, options: { ...USUAL, policies } })),
  },
  {
    name: 'spans a trace',
    file: 'growth-trace',
    xLabel: 'spans a trace',
    yScale: 'linear',
    points: [1, 10, 100, 1000, 10_000, 50_000].map((spansPerTrace) => ({ x: spansPerTrace, options: { ...USUAL, spansPerTrace } })),
  },
  {
    name: 'bytes a span',
    file: 'growth-size',
    xLabel: 'bytes a span',
    yScale: 'log',
    points: [200, 400, 1000, 10_000, 100_000].map((bytes) => ({ x: bytes, options: sized(bytes) })),
  },
];

/** As many spans as wait in the same memory; large ones come in smaller requests, as exporters send them. */
function sized(bytes: number): CurvePoint['options'] {
  return {
    ...USUAL,
    padding: bytes - USUAL_SPAN_BYTES,
    spansPerRequest: bytes > 10_000 ? 10 : 100,
    waitingSpans: Math.min(USUAL.waitingSpans, Math.floor(WAITING_BYTES / bytes)),
  };
}
