import type { Attempt, Sender, SendResult } from '../../src/exporter/helper/sender.ts';
import { TAKEN } from '../../src/exporter/helper/sender.ts';
import type { ExportRequest } from '../../src/pdata/otlp/export-request.ts';
import { exportRequest, span, spansOf, tracesOf } from '../support/otlp.ts';

/** A request with one span a name, all of one resource and scope; as from a socket, its bytes are lent. */
export function tracesRequest(...names: readonly string[]): ExportRequest {
  const spans = names.map((name) => span({ name }));
  return { ...exportRequest('traces', tracesOf(spans), names.length), retainable: false };
}

/** The names of the spans in `bytes`, in order. */
export function spanNames(bytes: Uint8Array): string[] {
  return spansOf(bytes).map(({ name = '' }) => name);
}

/** What a ScriptedSender does with one attempt. */
export type Step = (request: ExportRequest, attempt: Attempt) => SendResult | Promise<SendResult>;

/** A destination that does with each attempt what the script says, and takes everything when the script is over. */
export class ScriptedSender implements Sender {
  readonly destination = 'backend:4317';
  readonly script: Step[];
  /** The names in each request that was attempted. */
  readonly attempts: string[][] = [];
  /** The names of what was taken. */
  readonly taken: string[] = [];
  closed = 0;

  constructor(...script: Step[]) {
    this.script = script;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  async send(request: ExportRequest, attempt: Attempt): Promise<SendResult> {
    const names = spanNames(request.bytes);
    this.attempts.push(names);
    const result = await (this.script.shift() ?? (() => TAKEN))(request, attempt);
    this.taken.push(...names);
    return result;
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}

/** Settles only when the attempt is given up. */
export const never: Step = (_, { signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('given up'))));

/** Fails as `error`. */
export function fail(error: Error): Step {
  return () => Promise.reject(error);
}

/** A step that waits until it is told how to end. */
export function held(): { readonly step: Step; readonly release: () => void } {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { step: () => gate.then(() => TAKEN), release };
}
