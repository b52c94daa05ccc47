import { Client, Metadata, credentials } from '@grpc/grpc-js';
import type { Signal } from '../../src/pdata/otlp/signal.ts';
import { exportMethod } from '../../src/pdata/service/export-method.ts';

/** A client that speaks OTLP over gRPC and sends prepared bytes. */
export class OtlpSender {
  readonly #client: Client;

  /** `endpoint` is `host:port`; the connection is made with the first request. */
  constructor(endpoint: string) {
    this.#client = new Client(endpoint, credentials.createInsecure(), { 'grpc.max_send_message_length': -1 });
  }

  /** Resolves with the acknowledgement's bytes; rejects with grpc-js' ServiceError. */
  send(signal: Signal, bytes: Uint8Array, timeoutMs = 30_000): Promise<Uint8Array> {
    const { path, requestSerialize, responseDeserialize } = exportMethod(signal);
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        bytes,
        new Metadata(),
        { deadline: Date.now() + timeoutMs },
        (error, response) => {
          if (error !== null) reject(error);
          else resolve(response ?? new Uint8Array(0));
        },
      );
    });
  }

  close(): void {
    this.#client.close();
  }
}
