import type { ExportRequest } from '../../pdata/otlp/export-request.ts';

/** What an exporter adds to queue, batching and retry: how one request gets to its destination. */
export interface Sender {
  /** Where to, for log lines: `localhost:4317`, `/var/log/traces.json`. */
  readonly destination: string;

  /** Called once before `send`. Rejects when it can never work (a missing file); an absent backend is no such case. */
  start(): Promise<void>;

  /**
   * One attempt, all or nothing but for what the destination reports as rejected. Rejects with a ConsumeError whose code
   * says whether to try again. Settles soon after `attempt.signal` aborts. The bytes stay unchanged until it settles.
   */
  send(request: ExportRequest, attempt: Attempt): Promise<SendResult>;

  /** Called once after the last `send` has settled, also when `start` failed or was never called. */
  close(): Promise<void>;
}

export interface Attempt {
  /** Aborts when the attempt has taken too long or the exporter may not go on. */
  readonly signal: AbortSignal;
  /** How long the attempt may take, ms, for destinations that are told; undefined: for ever. */
  readonly timeoutMs: number | undefined;
}

/** What the destination said of a request that it took (OTLP's partial success). */
export interface SendResult {
  /** Items of the request that it will not keep; sending them again would not help. */
  readonly rejectedItems: number;
  /** Its reason or warning; empty when there is none. */
  readonly errorMessage: string;
}

export const TAKEN: SendResult = { rejectedItems: 0, errorMessage: '' };
