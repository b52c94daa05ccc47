import type { ServiceClientConstructor, ServiceError } from '@grpc/grpc-js';
import { Metadata, credentials, makeGenericClientConstructor } from '@grpc/grpc-js';
import type { IncomingHttpHeaders, RequestOptions } from 'node:http';
import { request } from 'node:http';
import { onTestFinished } from 'vitest';
import type { SignalConsumers } from '../../../src/component/factory.ts';
import type { Clock } from '../../../src/internal/clock.ts';
import type { Signal } from '../../../src/pdata/otlp/signal.ts';
import { exportMethod } from '../../../src/pdata/service/export-method.ts';
import { otlpReceiverConfig } from '../../../src/receiver/otlp/config.ts';
import { OtlpReceiver } from '../../../src/receiver/otlp/otlp-receiver.ts';
import { SinkConsumer } from '../../support/consumers.ts';
import type { TestSettings } from '../../support/settings.ts';
import { noDeadline, testSettings } from '../../support/settings.ts';

export interface StartOptions {
  readonly grpc?: object;
  readonly http?: object;
  readonly next?: SignalConsumers;
  readonly clock?: Clock;
}

export interface Started {
  readonly receiver: OtlpReceiver;
  readonly settings: TestSettings;
  readonly sink: SinkConsumer;
  readonly grpcPort: number;
  readonly httpPort: number;
}

/** A receiver on free ports that is stopped when the test ends; without `next` all three signals go to the sink. */
export async function startReceiver(options: StartOptions = {}): Promise<Started> {
  const sink = new SinkConsumer();
  const config = otlpReceiverConfig.parse({
    protocols: {
      grpc: { endpoint: '127.0.0.1:0', ...options.grpc },
      http: { endpoint: '127.0.0.1:0', ...options.http },
    },
  });
  const settings = testSettings('otlp', options.clock);
  const receiver = new OtlpReceiver(config, settings, options.next ?? { traces: sink, metrics: sink, logs: sink });
  onTestFinished(() => receiver.shutdown(noDeadline(AbortSignal.abort())));
  await receiver.start();
  const { grpc, http } = receiver.addresses();
  return { receiver, settings, sink, grpcPort: portOf(grpc), httpPort: portOf(http) };
}

export function portOf(address: string | undefined): number {
  return Number(address?.slice(address.lastIndexOf(':') + 1));
}

type GrpcClient = InstanceType<ServiceClientConstructor>;

/** A bare grpc-js client that is closed when the test ends. */
export function grpcClient(port: number, channelCredentials = credentials.createInsecure(), options: object = {}): GrpcClient {
  const Client = makeGenericClientConstructor({}, 'otlp');
  const client = new Client(`127.0.0.1:${port}`, channelCredentials, options);
  onTestFinished(() => client.close());
  return client;
}

export type GrpcResult = { readonly response: Uint8Array } | { readonly error: ServiceError };

/** One `Export`; resolves with the error too. */
export function exportOverGrpc(client: GrpcClient, signal: Signal, bytes: Uint8Array, metadata = new Metadata()): Promise<GrpcResult> {
  const { path, requestSerialize, responseDeserialize } = exportMethod(signal);
  return new Promise((resolve) => {
    client.makeUnaryRequest<Uint8Array, Uint8Array>(path, requestSerialize, responseDeserialize, bytes, metadata, (error, response) => {
      resolve(error === null ? { response: response ?? new Uint8Array(0) } : { error });
    });
  });
}

export interface HttpResult {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One request over HTTP, on a connection of its own. */
export function sendOverHttp(port: number, path: string, body: Uint8Array | string, options: RequestOptions = {}): Promise<HttpResult> {
  return new Promise((resolve, reject) => {
    const sending = request({ host: '127.0.0.1', port, path, method: 'POST', agent: false, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
      response.on('error', reject);
    });
    sending.on('error', reject);
    sending.end(body);
  });
}

export const PROTOBUF = { 'Content-Type': 'application/x-protobuf' };
export const JSON_TYPE = { 'Content-Type': 'application/json' };
