import { status } from '@grpc/grpc-js';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import type { Consumer } from '../../../../src/consumer/consumer.ts';
import type { ExportRequest } from '../../../../src/pdata/otlp/export-request.ts';
import { DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, NO_ERROR } from '../../../../src/receiver/otlp/http2/frames.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { encodeRequest, span, spansOf, tracesOf } from '../../../support/otlp.ts';
import { noDeadline } from '../../../support/settings.ts';
import { RawConnection, frame } from '../http2/raw-connection.ts';
import { exportOverGrpc, grpcClient, startReceiver } from '../start-receiver.ts';
import { EXPORT_HEADERS, call, http2Session, prefixed } from './http2-call.ts';

const TRACES = encodeRequest('traces', tracesOf([span()]));
const MAX_STREAM = 0x7fff_ffff;

/** Keeps requests waiting until they are released. */
class HoldingConsumer implements Consumer {
  readonly waiting: { readonly bytes: Uint8Array; readonly take: () => void }[] = [];

  consume({ bytes }: ExportRequest): Promise<void> {
    return new Promise((take) => void this.waiting.push({ bytes: Uint8Array.from(bytes), take }));
  }

  release(): void {
    for (const { take } of this.waiting) take();
  }
}

test('calls under way finish, a client that goes on over the same channel finds nobody', async () => {
  const next = new HoldingConsumer();
  const { receiver, grpcPort } = await startReceiver({ next: { traces: next } });
  const client = grpcClient(grpcPort);
  const early = Array.from({ length: 5 }, () => exportOverGrpc(client, 'traces', TRACES));
  await expect.poll(() => next.waiting.length).toBe(5);
  const stopped = receiver.shutdown(noDeadline());
  expect(await exportOverGrpc(client, 'traces', TRACES)).toMatchObject({ error: { code: status.UNAVAILABLE } });
  next.release();
  for (const result of await Promise.all(early)) expect(result).toHaveProperty('response');
  await stopped;
  expect(next.waiting).toHaveLength(5);
  expect(await exportOverGrpc(client, 'traces', TRACES)).toMatchObject({ error: { code: status.UNAVAILABLE } });
});

test('an SDK whose export is under way has it acknowledged', async () => {
  const next = new HoldingConsumer();
  const { receiver, grpcPort } = await startReceiver({ next: { traces: next } });
  const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${grpcPort}` });
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  onTestFinished(() => provider.shutdown());
  provider.getTracer('test').startSpan('last').end();
  const flushed = provider.forceFlush();
  await expect.poll(() => next.waiting.length).toBe(1);
  const stopped = receiver.shutdown(noDeadline());
  next.release();
  await flushed;
  await stopped;
  expect(spansOf(next.waiting[0]!.bytes)).toMatchObject([{ name: 'last' }]);
});

test('the client is told with GOAWAY, and its later calls are ignored', async () => {
  const next = new HoldingConsumer();
  const { receiver, grpcPort } = await startReceiver({ next: { traces: next } });
  const session = http2Session(grpcPort);
  const outcome = call(session, prefixed(TRACES));
  const idle = RawConnection.open(grpcPort);
  await idle.settle();
  await expect.poll(() => next.waiting.length).toBe(1);
  const goaway = once(session, 'goaway');
  const stopped = receiver.shutdown(noDeadline());
  expect((await goaway)[0]).toBe(NO_ERROR);
  await idle.closed;
  expect(idle.goawayCode).toBe(NO_ERROR);
  next.release();
  expect(await outcome).toMatchObject({ status: status.OK });
  await stopped;
});

test('what a client has sent before it learned of the stop is taken, and nothing after', async () => {
  const { receiver, sink, grpcPort } = await startReceiver();
  const connection = RawConnection.open(grpcPort);
  await connection.settle();
  const stopped = receiver.shutdown(noDeadline());
  const lastStreams = (): number[] => connection.frames.filter(({ type }) => type === GOAWAY).map(({ payload }) => payload.readUInt32BE(0));
  await expect.poll(lastStreams).toEqual([MAX_STREAM]);
  const exportOn = (stream: number): Buffer => Buffer.concat([frame(HEADERS, END_HEADERS, stream, EXPORT_HEADERS), frame(DATA, END_STREAM, stream, prefixed(TRACES))]);
  connection.send(exportOn(1));
  await expect.poll(() => sink.requests.length).toBe(1);
  connection.send(exportOn(3), connection.pong(), exportOn(5));
  await stopped;
  await connection.closed;
  expect(lastStreams()).toEqual([MAX_STREAM, 3]);
  expect(sink.requests).toHaveLength(2);
  const answered = connection.frames.filter(({ type, flags }) => type === HEADERS && (flags & END_STREAM) !== 0).map(({ stream }) => stream);
  expect(answered).toEqual([1, 3]);
});

test('one who goes on sending on the old connection is cut off when the grace is over', async () => {
  const clock = new ManualClock();
  const { receiver, sink, grpcPort } = await startReceiver({ clock });
  const connection = RawConnection.open(grpcPort, { allowHalfOpen: true });
  connection.send(frame(HEADERS, END_HEADERS, 1, EXPORT_HEADERS));
  await connection.settle();
  const stopped = receiver.shutdown(noDeadline());
  connection.send(frame(HEADERS, END_HEADERS, 3, EXPORT_HEADERS));
  await expect.poll(() => connection.goawayCode).toBe(NO_ERROR);
  expect(connection.isClosed).toBe(false);
  clock.tick(5000);
  await stopped;
  connection.flood(frame(HEADERS, END_HEADERS, 5, EXPORT_HEADERS));
  await connection.closed;
  expect(sink.requests).toHaveLength(0);
});
