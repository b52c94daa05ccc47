import { credentials, status } from '@grpc/grpc-js';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  ACK,
  CANCEL,
  COMPRESSION_ERROR,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  FRAME_SIZE_ERROR,
  HEADERS,
  NO_ERROR,
  PING,
  PREFACE,
  PRIORITY,
  PROTOCOL_ERROR,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from '../../../../src/receiver/otlp/http2/frames.ts';
import { encodeRequest, span, tracesOf } from '../../../support/otlp.ts';
import { RawConnection, frame, headerBlock, uint32 } from '../http2/raw-connection.ts';
import { exportOverGrpc, grpcClient, startReceiver, type Started } from '../start-receiver.ts';
import { EXPORT_HEADERS, http2Session, openCall, outcomeOf, prefixed } from './http2-call.ts';

const TRACES = encodeRequest('traces', tracesOf([span()]));
const MESSAGE = prefixed(TRACES);
const NAMED = [frame(SETTINGS, 0, 0), frame(HEADERS, END_HEADERS, 1, EXPORT_HEADERS)];

const crashes: unknown[] = [];
const note = (error: unknown): void => void crashes.push(error);

beforeEach(() => {
  crashes.length = 0;
  process.on('uncaughtException', note).on('unhandledRejection', note);
});

afterEach(() => {
  process.off('uncaughtException', note).off('unhandledRejection', note);
  expect(crashes).toEqual([]);
});

/** Whatever somebody else did, a client on another connection is served, and so is the next one. */
async function expectServing({ grpcPort }: Started, bystander = grpcClient(grpcPort)): Promise<void> {
  expect(await exportOverGrpc(bystander, 'traces', TRACES)).toHaveProperty('response');
  expect(await exportOverGrpc(grpcClient(grpcPort), 'traces', TRACES)).toHaveProperty('response');
}

/** Many of one frame in one write. */
function many(count: number, make: (i: number) => Buffer): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, i) => make(i)));
}

describe('who breaks the protocol is told so and heard no more, and nobody else is', () => {
  test.each<[string, Buffer[], number]>([
    ['HTTP/1.1', [Buffer.from('POST /v1/traces HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc')], PROTOCOL_ERROR],
    ['an HTTP/1.1 upgrade', [Buffer.from('GET / HTTP/1.1\r\nHost: t\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n')], PROTOCOL_ERROR],
    ['a TLS handshake', [Buffer.from('16030100c8010000c40303', 'hex'), Buffer.alloc(200, 7)], PROTOCOL_ERROR],
    ['bytes that are nothing', [Buffer.alloc(100_000, 0xa5)], PROTOCOL_ERROR],
    ['no settings first', [PREFACE, frame(PING, 0, 0, Buffer.alloc(8))], PROTOCOL_ERROR],
    ['an even stream', [PREFACE, frame(SETTINGS, 0, 0), frame(HEADERS, END_HEADERS, 2, EXPORT_HEADERS)], PROTOCOL_ERROR],
    ['headers that HPACK cannot read', [PREFACE, frame(SETTINGS, 0, 0), frame(HEADERS, END_HEADERS, 1, Buffer.from('ffffffffffffffff', 'hex'))], COMPRESSION_ERROR],
    ['another frame within a block of headers', [PREFACE, frame(SETTINGS, 0, 0), frame(HEADERS, 0, 1, EXPORT_HEADERS), frame(PING, 0, 0, Buffer.alloc(8))], PROTOCOL_ERROR],
    ['blocks of headers without end', [PREFACE, frame(SETTINGS, 0, 0), frame(HEADERS, 0, 1, EXPORT_HEADERS), many(10_000, () => frame(CONTINUATION, 0, 1, headerBlock({ a: 'b' })))], ENHANCE_YOUR_CALM],
    ['data on a stream that nobody opened', [PREFACE, frame(SETTINGS, 0, 0), frame(DATA, 0, 7, MESSAGE)], PROTOCOL_ERROR],
    ['a frame larger than allowed', [PREFACE, ...NAMED, frame(DATA, 0, 1, Buffer.alloc(70_000))], FRAME_SIZE_ERROR],
    ['a push', [PREFACE, ...NAMED, frame(PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([uint32(2), EXPORT_HEADERS]))], PROTOCOL_ERROR],
    ['a window beyond 2³¹', [PREFACE, ...NAMED, frame(WINDOW_UPDATE, 0, 0, uint32(0x7fff_ffff)), frame(WINDOW_UPDATE, 0, 0, uint32(0x7fff_ffff))], FLOW_CONTROL_ERROR],
    ['a window update of nothing', [PREFACE, ...NAMED, frame(WINDOW_UPDATE, 0, 0, uint32(0))], PROTOCOL_ERROR],
    ['a setting that cannot be', [PREFACE, frame(SETTINGS, 0, 0, Buffer.from('000500000001', 'hex'))], PROTOCOL_ERROR],
    ['a ping of three bytes', [PREFACE, ...NAMED, frame(PING, 0, 0, Buffer.alloc(3))], FRAME_SIZE_ERROR],
    ['empty frames of data without end', [PREFACE, ...NAMED, many(20_000, () => frame(DATA, 0, 1))], ENHANCE_YOUR_CALM],
    ['calls that are reset at once, without end', [PREFACE, frame(SETTINGS, 0, 0), many(20_000, (i) => Buffer.concat([frame(HEADERS, END_HEADERS, 2 * i + 1, EXPORT_HEADERS), frame(RST_STREAM, 0, 2 * i + 1, uint32(CANCEL))]))], ENHANCE_YOUR_CALM],
  ])('%s', async (_what, bytes, code) => {
    const started = await startReceiver();
    const bystander = grpcClient(started.grpcPort);
    expect(await exportOverGrpc(bystander, 'traces', TRACES)).toHaveProperty('response');
    const connection = new RawConnection(started.grpcPort);
    connection.send(...bytes);
    connection.send(frame(HEADERS, END_HEADERS, 101, EXPORT_HEADERS), frame(DATA, END_STREAM, 101, MESSAGE));
    await connection.closed;
    expect(connection.goawayCode).toBe(code);
    await expectServing(started, bystander);
    expect(started.sink.requests).toHaveLength(3);
  });

  test.each<[string, Buffer]>([
    ['pings', frame(PING, 0, 0, Buffer.alloc(8))],
    ['settings', frame(SETTINGS, 0, 0)],
  ])('%s without end by one who reads no answer', async (_what, flood) => {
    const started = await startReceiver();
    const connection = RawConnection.open(started.grpcPort);
    connection.flood(many(2000, () => flood));
    await connection.closed;
    await expectServing(started);
  });
});

describe('who goes away in the middle leaves nothing behind', () => {
  const whole = Buffer.concat([...NAMED, frame(DATA, END_STREAM, 1, MESSAGE)]);
  const half = Buffer.concat([...NAMED, frame(DATA, 0, 1, MESSAGE.subarray(0, 20))]);
  const resetWith = (code: number): Buffer => frame(RST_STREAM, 0, 1, uint32(code));
  test.each<[string, Buffer]>([
    ['before a message', Buffer.concat([...NAMED, resetWith(CANCEL)])],
    ['before a message, without an error', Buffer.concat([...NAMED, resetWith(NO_ERROR)])],
    ['within a message', Buffer.concat([half, resetWith(CANCEL)])],
    ['within a message, without an error', Buffer.concat([half, resetWith(NO_ERROR)])],
    ['within a message, with an unknown error', Buffer.concat([half, resetWith(0xdead_beef)])],
    ['after a message that it has not ended', Buffer.concat([...NAMED, frame(DATA, 0, 1, MESSAGE), resetWith(CANCEL)])],
    ['after a message that it has not ended, without an error', Buffer.concat([...NAMED, frame(DATA, 0, 1, MESSAGE), resetWith(NO_ERROR)])],
    ['a path that nobody has', Buffer.concat([frame(SETTINGS, 0, 0), frame(HEADERS, END_HEADERS, 1, headerBlock({ ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': 't' })), resetWith(CANCEL)])],
  ])('a reset: %s', async (_what, bytes) => {
    const started = await startReceiver();
    const connection = new RawConnection(started.grpcPort);
    connection.send(PREFACE, bytes, frame(PING, 0, 0, Buffer.alloc(8)));
    await expect.poll(() => connection.frames.some(({ type, flags }) => type === PING && flags === ACK)).toBe(true);
    expect(started.sink.requests).toHaveLength(0);
    connection.send(frame(HEADERS, END_HEADERS, 3, EXPORT_HEADERS), frame(DATA, END_STREAM, 3, MESSAGE));
    await expect.poll(() => started.sink.requests.length).toBe(1);
    await expectServing(started);
  });

  test.each(['cancelled', 'connection lost'])('while the pipeline has its request: %s', async (how) => {
    let take = (): void => undefined;
    const next = { consume: () => new Promise<void>((resolve) => (take = resolve)) };
    const started = await startReceiver({ next: { traces: next } });
    const connection = RawConnection.open(started.grpcPort);
    connection.send(whole);
    await expect.poll(() => started.settings.meter.total('tailrace_receiver_in_flight_requests')).toBe(1);
    if (how === 'cancelled') connection.send(resetWith(CANCEL), frame(PING, 0, 0, Buffer.alloc(8)));
    else connection.reset();
    // The server has seen it once it answers what came later.
    if (how === 'cancelled') await expect.poll(() => connection.frames.some(({ type }) => type === PING)).toBe(true);
    else await connection.closed;
    expect(started.settings.meter.total('tailrace_receiver_in_flight_requests')).toBe(1);
    take();
    await expect.poll(() => started.settings.meter.total('tailrace_receiver_in_flight_requests')).toBe(0);
    expect(started.settings.meter.total('otelcol_receiver_accepted_spans')).toBe(1);
  });

  test.each<[string, Buffer[]]>([
    ['at once', []],
    ['within the preface', [PREFACE.subarray(0, 10)]],
    ['within a frame', [PREFACE, half.subarray(0, -3)]],
    ['within a message', [PREFACE, half]],
    ['before its answer', [PREFACE, whole]],
  ])('the connection: %s', async (_what, bytes) => {
    const started = await startReceiver();
    for (const isReset of [true, false]) {
      const socket = connect(started.grpcPort, '127.0.0.1');
      await once(socket, 'connect');
      const closed = once(socket, 'close');
      if (bytes.length > 0) await new Promise((resolve) => socket.write(Buffer.concat(bytes), resolve));
      if (isReset) socket.resetAndDestroy();
      else socket.destroy();
      await closed;
    }
    await expectServing(started);
    expect(started.settings.meter.total('tailrace_receiver_in_flight_requests')).toBe(0);
  });
});

describe('limits', () => {
  test('more calls at once than max_concurrent_streams are refused, to be sent again', async () => {
    const waiting: (() => void)[] = [];
    const next = { consume: () => new Promise<void>((resolve) => void waiting.push(resolve)) };
    const { grpcPort } = await startReceiver({ grpc: { max_concurrent_streams: 3 }, next: { traces: next } });
    const client = grpcClient(grpcPort);
    const results = Promise.all(Array.from({ length: 8 }, () => exportOverGrpc(client, 'traces', TRACES)));
    await expect.poll(() => waiting.length).toBe(3);
    const raw = RawConnection.open(grpcPort);
    for (let stream = 1; stream < 8; stream += 2) raw.send(frame(HEADERS, END_HEADERS, stream, EXPORT_HEADERS));
    await expect.poll(() => raw.frames.find(({ type }) => type === RST_STREAM)?.stream).toBe(7);
    while (waiting.length > 0) {
      waiting.shift()?.();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const release = setInterval(() => waiting.shift()?.(), 1);
    expect((await results).every((result) => 'response' in result)).toBe(true);
    clearInterval(release);
  });

  test('headers beyond what a server takes end their call alone', async () => {
    const started = await startReceiver();
    const session = http2Session(started.grpcPort);
    const headers = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`x-${i}`, 'v'.repeat(500)]));
    const stream = openCall(session, headers);
    expect((await outcomeOf(stream)).resetCode).not.toBe(NO_ERROR);
    await expectServing(started);
  });

  test('priorities are read over', async () => {
    const started = await startReceiver();
    const connection = RawConnection.open(started.grpcPort);
    connection.send(many(500, (i) => frame(PRIORITY, 0, 2 * i + 1, Buffer.from([0, 0, 0, 0, 16]))));
    connection.send(frame(HEADERS, END_HEADERS, 1001, EXPORT_HEADERS), frame(DATA, END_STREAM, 1001, MESSAGE));
    await expect.poll(() => started.sink.requests.length).toBe(1);
    await expectServing(started);
  });

  test('one who reads no answers holds up nobody', async () => {
    const started = await startReceiver();
    const connection = RawConnection.open(started.grpcPort);
    // A window of nothing: no answer may be sent.
    connection.send(frame(SETTINGS, 0, 0, Buffer.from('000400000000', 'hex')));
    for (let stream = 1; stream < 400; stream += 2) {
      connection.send(frame(HEADERS, END_HEADERS, stream, EXPORT_HEADERS), frame(DATA, END_STREAM, stream, MESSAGE));
    }
    await expect.poll(() => started.sink.requests.length).toBe(200);
    expect(connection.frames.some(({ type }) => type === DATA)).toBe(false);
    await expectServing(started);
    connection.reset();
    await connection.closed;
    await expectServing(started);
  });
});

test('a client that speaks TLS to a port without is told that nobody is there', async () => {
  const started = await startReceiver();
  const result = await exportOverGrpc(grpcClient(started.grpcPort, credentials.createSsl(), { 'grpc.ssl_target_name_override': 'localhost' }), 'traces', TRACES);
  expect(result).toMatchObject({ error: { code: status.UNAVAILABLE } });
  await expectServing(started);
});
