import type { Pauses } from '../support/pauses.ts';

/** What a load generator is made for; it stays the same over its phases. */
export interface LoadOptions {
  readonly port: number;
  readonly spansPerRequest: number;
  readonly isGzip: boolean;
  readonly seed: number;
  readonly connections: number;
  /** Requests without an answer at once, each connection. */
  readonly inFlight: number;
}

/** A phase ends with the first bound that is reached, after the round then under way. */
export interface LoadPhase {
  readonly maxSeconds: number;
  /** Absent: as many as the time allows. A compressed load needs it, since it is made ahead. */
  readonly maxSpans?: number;
  /** Open loop at this rate; absent: as fast as answers come. */
  readonly spansPerSecond?: number;
}

/** Times are ms from when a request should have been sent (open loop) or was (closed loop) to its answer. */
export interface LoadReport {
  readonly spans: number;
  /** Of the messages as they were sent, without frames and headers. */
  readonly messageBytes: number;
  readonly requests: number;
  /** Requests that the server did not take. */
  readonly refused: number;
  readonly seconds: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** The p99 of each second in which requests were due, in order. */
  readonly secondsP99Ms: readonly number[];
  /** Share of the time in which the load generator had nothing to do but wait. */
  readonly idleShare: number;
  /** How late the load generator itself was at most, and 99 times of 100: times of answers have as much in them that is not the server's. */
  readonly ownPauses: Pauses;
}

export type LoadQuestion =
  | { readonly kind: 'open'; readonly options: LoadOptions }
  /** `spans` compressed ones are made ahead, where the load is compressed. */
  | { readonly kind: 'prepare'; readonly spans: number }
  | { readonly kind: 'run'; readonly phase: LoadPhase }
  /** Changes the rate of the open loop under way; not answered. */
  | { readonly kind: 'pace'; readonly spansPerSecond: number };

export type LoadAnswer = { readonly kind: 'done' } | { readonly kind: 'report'; readonly report: LoadReport };
