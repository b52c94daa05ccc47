import type { ServerUnaryCall, sendUnaryData, status } from '@grpc/grpc-js';
import { Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import type { Signal } from '../../src/pdata/otlp/signal.ts';
import { SIGNALS } from '../../src/pdata/otlp/signal.ts';
import { exportMethod } from '../../src/pdata/service/export-method.ts';
import { encodeExportResponse } from '../../src/pdata/service/export-response.ts';
import { encodeRpcStatus } from '../../src/pdata/service/rpc-status.ts';

/** How the sink answers one request. Only `accept` and `partial` keep its bytes. */
export type SinkAnswer =
  | { readonly kind: 'accept'; readonly delayMs?: number }
  | { readonly kind: 'partial'; readonly rejectedItems: number; readonly message: string }
  | { readonly kind: 'refuse'; readonly code: status; readonly message: string; readonly retryDelayMs?: number }
  /** No answer until the sink stops. */
  | { readonly kind: 'hang' };

export interface SinkRequest {
  readonly signal: Signal;
  readonly bytes: Uint8Array;
  readonly metadata: Metadata;
}

/** A backend that speaks OTLP over gRPC, keeps the bytes of what it acknowledged and answers as it is told. */
export class OtlpSink {
  /** Acknowledged requests in the order of their arrival. */
  readonly requests: SinkRequest[] = [];
  /** Requests seen, answered or not. */
  seen = 0;
  /** Asked for every request; tests set it to make the backend slow, full or dead. */
  answer: (request: SinkRequest) => SinkAnswer = () => ({ kind: 'accept' });
  readonly #server: Server;
  #port = 0;

  private constructor() {
    this.#server = new Server({ 'grpc.max_receive_message_length': 128 * 1024 * 1024 });
    for (const signal of SIGNALS) {
      this.#server.addService(
        { export: exportMethod(signal) },
        { export: (call: UnaryCall, callback: UnaryCallback) => this.#export(signal, call, callback) },
      );
    }
  }

  /** Listens on `port` of the loopback address, a free one by default. */
  static async start(port = 0): Promise<OtlpSink> {
    const sink = new OtlpSink();
    sink.#port = await new Promise<number>((resolve, reject) => {
      sink.#server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    return sink;
  }

  get port(): number {
    return this.#port;
  }

  /** As an exporter's `endpoint` is written. */
  get endpoint(): string {
    return `127.0.0.1:${this.#port}`;
  }

  bytesOf(signal: Signal): readonly Uint8Array[] {
    return this.requests.filter((request) => request.signal === signal).map((request) => request.bytes);
  }

  /** Ends every connection at once, waiting calls included. */
  stop(): void {
    this.#server.forceShutdown();
  }

  #export(signal: Signal, call: UnaryCall, callback: UnaryCallback): void {
    const request: SinkRequest = { signal, bytes: Uint8Array.from(call.request), metadata: call.metadata };
    this.seen++;
    const answer = this.answer(request);
    switch (answer.kind) {
      case 'accept':
        this.requests.push(request);
        setTimeout(() => callback(null, encodeExportResponse(0, '')), answer.delayMs ?? 0);
        return;
      case 'partial':
        this.requests.push(request);
        callback(null, encodeExportResponse(answer.rejectedItems, answer.message));
        return;
      case 'refuse':
        callback({ code: answer.code, details: answer.message, metadata: statusDetails(answer) });
        return;
      case 'hang':
        return;
    }
  }
}

type UnaryCall = ServerUnaryCall<Uint8Array, Uint8Array>;
type UnaryCallback = sendUnaryData<Uint8Array>;

function statusDetails(answer: SinkAnswer & { kind: 'refuse' }): Metadata {
  const metadata = new Metadata();
  if (answer.retryDelayMs !== undefined) {
    const { code, message, retryDelayMs } = answer;
    metadata.set('grpc-status-details-bin', Buffer.from(encodeRpcStatus({ code, message, retryDelayMs })));
  }
  return metadata;
}
