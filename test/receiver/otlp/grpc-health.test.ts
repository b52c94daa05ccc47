import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { NOT_SERVING, SERVICE_UNKNOWN, SERVING, healthService } from '../../../src/pdata/service/health-service.ts';
import { SinkConsumer } from '../../support/consumers.ts';
import { noDeadline } from '../../support/settings.ts';
import { grpcClient, startReceiver } from './start-receiver.ts';

const TRACE_SERVICE = 'opentelemetry.proto.collector.trace.v1.TraceService';
const LOGS_SERVICE = 'opentelemetry.proto.collector.logs.v1.LogsService';

type Client = ReturnType<typeof grpcClient>;

function check(client: Client, service: string): Promise<unknown> {
  const { path, requestSerialize, responseDeserialize } = healthService.Check;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service }, (error, response) => {
      if (error === null) resolve(response);
      else reject(error);
    });
  });
}

/** The statuses that come, as they come. */
function watch(client: Client, service: string): { readonly statuses: unknown[]; readonly ended: Promise<void> } {
  const { path, requestSerialize, responseDeserialize } = healthService.Watch;
  const call: ClientReadableStream<object> = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service });
  onTestFinished(() => call.cancel());
  const statuses: unknown[] = [];
  const ended = new Promise<void>((resolve) => {
    call.on('data', (response) => statuses.push(response)).on('end', resolve).on('error', () => undefined);
  });
  return { statuses, ended };
}

describe('grpc.health.v1', () => {
  test('Check knows the server and the services it has', async () => {
    const { grpcPort } = await startReceiver({ next: { traces: new SinkConsumer() } });
    const client = grpcClient(grpcPort);
    expect(await check(client, '')).toEqual({ status: SERVING });
    expect(await check(client, TRACE_SERVICE)).toEqual({ status: SERVING });
    await expect(check(client, LOGS_SERVICE)).rejects.toMatchObject({ code: status.NOT_FOUND } satisfies Partial<ServiceError>);
  });

  test('Watch tells the status, and the stop; a service that nobody has stays unknown', async () => {
    const { receiver, grpcPort } = await startReceiver({ next: { traces: new SinkConsumer() } });
    const client = grpcClient(grpcPort);
    const server = watch(client, '');
    const unknown = watch(client, LOGS_SERVICE);
    await expect.poll(() => [...server.statuses, ...unknown.statuses]).toEqual([{ status: SERVING }, { status: SERVICE_UNKNOWN }]);
    await receiver.shutdown(noDeadline());
    await Promise.all([server.ended, unknown.ended]);
    expect(server.statuses).toEqual([{ status: SERVING }, { status: NOT_SERVING }]);
    expect(unknown.statuses).toEqual([{ status: SERVICE_UNKNOWN }]);
  });
});
