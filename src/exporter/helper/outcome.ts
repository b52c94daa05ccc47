import type { ConsumeError } from '../../consumer/consume-error.ts';

/** Why items that an exporter had taken over were not sent. */
export type FailureReason = 'permanent' | 'retries_exhausted' | 'rejected' | 'shutdown';

/** What became of one request: items sent, rejected and failed add up to its `itemCount`. */
export interface Outcome {
  readonly sentItems: number;
  readonly sentBytes: number;
  /** Of a request that the destination took without them. */
  readonly rejectedItems: number;
  /** In parts where the request had to be split. */
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly items: number;
  readonly reason: Exclude<FailureReason, 'rejected'>;
  readonly error: ConsumeError;
}
