import type { ProcessUsage } from '../support/process-usage.ts';

/** A server under measurement: a process of its own on the server core, which takes OTLP over gRPC on `port`. */
export interface Server {
  readonly name: string;
  readonly port: number;
  usage(): ProcessUsage;
  /** Resolves when all that was sent has been decided and nothing waits; at once where nothing can wait. */
  drained(): Promise<void>;
  /** Traces decided to be kept since the start; undefined where none are decided. */
  keptTraces(): Promise<number | undefined>;
  stop(): Promise<void>;
}
