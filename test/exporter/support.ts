import type { Attempt, Sender, SendResult } from '../../src/exporter/helper/sender.ts';
import { TAKEN } from '../../src/exporter/helper/sender.ts';
import type { ExportRequest } from '../../src/pdata/otlp/export-request.ts';
import { joinRequests } from '../../src/pdata/otlp/split-request.ts';
import { exportRequest, span, spansOf, tracesOf } from '../support/otlp.ts';

/** A request with one span a name, all of one resource and scope; as from a socket, its bytes are lent. */
export function tracesRequest(...names: readonly string[]): ExportRequest {
  const spans = names.map((name) => span({ name }));
  return { ...exportRequest('traces', tracesOf(spans), names.length), retainable: false };
}

/** As `tracesRequest`, and a span among them, in the middle, whose one attribute is lists in lists so many levels deep. */
export function deeplyNestedRequest(depth: number, ...names: readonly string[]): ExportRequest {
  const heads: Uint8Array[] = [];
  let length = 0;
  for (let i = 0; i < 2 * depth; i++) {
    // AnyValue.array_value and ArrayValue.values, by turns.
    const head = fieldHead(i % 2 === 0 ? 1 : 5, length);
    heads.push(head);
    length += head.length;
  }
  const attribute = fieldOf(9, fieldOf(2, Buffer.concat(heads.reverse())));
  const bytes = fieldOf(1, fieldOf(2, fieldOf(2, attribute)));
  const half = Math.floor(names.length / 2);
  const nested: ExportRequest = { signal: 'traces', bytes, itemCount: 1, retainable: true, scan: undefined };
  return joinRequests([tracesRequest(...names.slice(0, half)), nested, tracesRequest(...names.slice(half))]);
}

/** Tag and length of a delimited field. https://protobuf.dev/programming-guides/encoding/ */
function fieldHead(number: number, length: number): Uint8Array {
  const head = [(number << 3) | 2];
  for (; length > 127; length >>>= 7) head.push((length & 127) | 128);
  return Uint8Array.of(...head, length);
}

function fieldOf(number: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([fieldHead(number, content.length), content]);
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
