import { status } from '@grpc/grpc-js';
import type { EventEmitter } from 'node:events';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Consumer } from '../../../src/consumer/consumer.ts';
import { otlpReceiverConfig } from '../../../src/receiver/otlp/config.ts';
import { OtlpReceiver } from '../../../src/receiver/otlp/otlp-receiver.ts';
import { SinkConsumer } from '../../support/consumers.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { encodeRequest, span, tracesOf } from '../../support/otlp.ts';
import { noDeadline, testSettings } from '../../support/settings.ts';
import { PROTOBUF, exportOverGrpc, grpcClient, portOf, sendOverHttp, startReceiver } from './start-receiver.ts';

const TRACES = encodeRequest('traces', tracesOf([span()]));

function receiverOn(protocols: object): OtlpReceiver {
  const receiver = new OtlpReceiver(otlpReceiverConfig.parse({ protocols }), testSettings('otlp'), { traces: new SinkConsumer() });
  onTestFinished(() => receiver.shutdown(noDeadline(AbortSignal.abort())));
  return receiver;
}

/** Takes requests only when told to. */
class HoldingConsumer implements Consumer {
  readonly #waiting: (() => void)[] = [];

  consume(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  release(): void {
    for (const resolve of this.#waiting) resolve();
  }
}

/** When the socket or stream is gone, however it ended. */
function gone(connection: EventEmitter): Promise<void> {
  connection.on('error', () => undefined);
  return new Promise((resolve) => connection.once('close', () => resolve()));
}

describe('start', () => {
  test.each(['grpc', 'http'])('%s: a port in use is an error that names the key, and nothing listens', async (protocol) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const receiver = receiverOn({ [protocol]: { endpoint: `127.0.0.1:${port}` } });
    await expect(receiver.start()).rejects.toThrow(
      `protocols.${protocol}.endpoint: cannot listen on 127.0.0.1:${port}: the port is in use by another process or another receiver`,
    );
    expect(receiver.addresses()).toEqual({});
  });

  test('localhost is in use when one of its addresses is', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    await expect(receiverOn({ grpc: { endpoint: `localhost:${port}` } }).start()).rejects.toThrow('the port is in use');
  });

  test.each([
    ['a host that is not this machine', '192.0.2.1:0', 'the host is none of the addresses of this machine'],
    ['a host that nobody knows', 'no-such-host.invalid:0', 'the host is unknown'],
  ])('%s is an error', async (_what, endpoint, message) => {
    await expect(receiverOn({ http: { endpoint } }).start()).rejects.toThrow(message);
  });

  test.each(['localhost', '127.0.0.1', '0.0.0.0', ''])('on "%s" both protocols are reached over IPv4', async (host) => {
    const receiver = receiverOn({ grpc: { endpoint: `${host}:0` }, http: { endpoint: `${host}:0` } });
    await receiver.start();
    const { grpc, http } = receiver.addresses();
    expect(grpc).toMatch(new RegExp(`^${host.replaceAll('.', '\\.')}:[1-9]\\d*$`));
    expect(await exportOverGrpc(grpcClient(portOf(grpc)), 'traces', TRACES)).toHaveProperty('response');
    expect(await sendOverHttp(portOf(http), '/v1/traces', TRACES, { headers: PROTOBUF })).toMatchObject({ status: 200 });
  });
});

describe('shutdown', () => {
  test('is safe before start, without start and twice', async () => {
    const receiver = receiverOn({ grpc: { endpoint: '127.0.0.1:0' }, http: { endpoint: '127.0.0.1:0' } });
    await receiver.shutdown(noDeadline());
    await receiver.shutdown(noDeadline());
    const { receiver: started, grpcPort } = await startReceiver();
    await started.shutdown(noDeadline());
    await started.shutdown(noDeadline());
    expect(await exportOverGrpc(grpcClient(grpcPort), 'traces', TRACES)).toMatchObject({ error: { code: status.UNAVAILABLE } });
  });

  test('requests under way are answered, no new ones are taken', async () => {
    const next = new HoldingConsumer();
    const { receiver, settings, grpcPort, httpPort } = await startReceiver({ next: { traces: next } });
    const client = grpcClient(grpcPort);
    const overGrpc = exportOverGrpc(client, 'traces', TRACES);
    const overHttp = sendOverHttp(httpPort, '/v1/traces', TRACES, { headers: PROTOBUF });
    await expect.poll(() => settings.meter.total('tailrace_receiver_in_flight_requests')).toBe(2);
    const stopped = receiver.shutdown(noDeadline());
    const late = await exportOverGrpc(grpcClient(grpcPort), 'traces', TRACES);
    expect(late).toMatchObject({ error: { code: status.UNAVAILABLE } });
    await expect(sendOverHttp(httpPort, '/v1/traces', TRACES, { headers: PROTOBUF })).rejects.toThrow('ECONNREFUSED');
    next.release();
    expect(await overGrpc).toHaveProperty('response');
    expect(await overHttp).toMatchObject({ status: 200, headers: { connection: 'close' } });
    await stopped;
    expect(settings.meter.total('otelcol_receiver_accepted_spans')).toBe(2);
  });

  test('a request over a connection that was open already is told to come again', async () => {
    const { receiver, httpPort } = await startReceiver();
    const socket = connect(httpPort, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    const head = 'POST /v1/traces HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-protobuf\r\n';
    socket.write(`${head}Content-Length: 0\r\n\r\n${head}`);
    await expect.poll(() => answer).toContain('200 OK');
    const stopped = receiver.shutdown(noDeadline());
    socket.write('Content-Length: 0\r\n\r\n');
    await stopped;
    await expect.poll(() => answer).toMatch(/503 Service Unavailable[^]*Retry-After: 1[^]*Connection: close/i);
  });

  test.each([
    ['the grace is over', false],
    ['the deadline is over', true],
  ])('clients that never finish are cut off when %s', async (_what, byDeadline) => {
    const clock = new ManualClock();
    const { receiver, grpcPort, httpPort } = await startReceiver({ clock });
    const slowHttp = connect(httpPort, '127.0.0.1');
    slowHttp.write('POST /v1/traces HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-protobuf\r\nContent-Length: 100\r\n\r\nabc');
    const session = connectHttp2(`http://127.0.0.1:${grpcPort}`);
    onTestFinished(() => session.destroy());
    const stream = session.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      'content-type': 'application/grpc',
    });
    const closed = Promise.all([gone(slowHttp.resume()), gone(stream), gone(session)]);
    stream.write(Buffer.from([0, 0, 0, 0, 100, 1, 2, 3]));
    await Promise.all([once(slowHttp, 'connect'), once(session, 'remoteSettings')]);
    // Both servers have seen what was sent once they have answered a request that came after it.
    await exportOverGrpc(grpcClient(grpcPort), 'traces', TRACES);
    await sendOverHttp(httpPort, '/v1/traces', TRACES, { headers: PROTOBUF });
    const end = new AbortController();
    let isStopped = false;
    const stopped = receiver.shutdown(noDeadline(end.signal)).then(() => (isStopped = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isStopped).toBe(false);
    if (byDeadline) end.abort();
    else clock.tick(5000);
    await stopped;
    await closed;
  });

  test('an idle client does not hold it up', async () => {
    const { receiver, grpcPort, httpPort } = await startReceiver({ clock: new ManualClock() });
    await exportOverGrpc(grpcClient(grpcPort), 'traces', TRACES);
    const socket = connect(httpPort, '127.0.0.1');
    await once(socket, 'connect');
    const closed = gone(socket.resume());
    await receiver.shutdown(noDeadline());
    await closed;
    expect(socket.bytesRead).toBe(0);
  });
});
