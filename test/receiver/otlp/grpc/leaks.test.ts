import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { CANCEL, DATA, END_HEADERS, END_STREAM, HEADERS, PREFACE, RST_STREAM, SETTINGS, WINDOW_UPDATE } from '../../../../src/receiver/otlp/http2/frames.ts';
import { NopConsumer } from '../../../support/consumers.ts';
import { encodeRequest, span, tracesOf } from '../../../support/otlp.ts';
import { frame, uint32 } from '../http2/raw-connection.ts';
import { startReceiver } from '../start-receiver.ts';
import { EXPORT_HEADERS, prefixed } from './http2-call.ts';

const TRACES = encodeRequest('traces', tracesOf([span()]));
const MESSAGE = prefixed(TRACES);

/** What is in use once all that can be freed is, bytes. */
async function bytesInUse(): Promise<number> {
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.();
    await setImmediate();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/**
 * Calls `round` many times and gives what is in use after the second half of them in relation to before it: what stays
 * behind from each would show, what is built up once does not.
 */
async function growth(rounds: number, round: () => Promise<void>): Promise<number> {
  for (let i = 0; i < rounds / 2; i++) await round();
  const before = await bytesInUse();
  for (let i = 0; i < rounds / 2; i++) await round();
  return (await bytesInUse()) / before;
}

/** Counts the answers on a socket that has sent the preface, without keeping them. */
class Answers {
  count = 0;
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    socket.on('data', (bytes: Buffer) => {
      let all = Buffer.concat([this.#rest, bytes]);
      while (all.length >= 9 && all.length >= 9 + all.readUIntBE(0, 3)) {
        if (all[3] === HEADERS && (all[4]! & END_STREAM) !== 0) this.count++;
        all = all.subarray(9 + all.readUIntBE(0, 3));
      }
      this.#rest = Buffer.from(all);
    });
  }
}

/** The caller closes it: what would do so when the test ends would keep it until then. */
async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0)]));
  return socket;
}

test('200,000 calls over one connection leave nothing behind', async () => {
  const { settings, grpcPort } = await startReceiver({ next: { traces: new NopConsumer() } });
  const socket = await openSocket(grpcPort);
  onTestFinished(() => void socket.destroy());
  const answers = new Answers(socket);
  let stream = 1;
  let sent = 0;
  const ratio = await growth(200, async () => {
    const batch: Buffer[] = [];
    for (let i = 0; i < 1000; i++, stream += 2) {
      batch.push(frame(HEADERS, END_HEADERS, stream, EXPORT_HEADERS), frame(DATA, END_STREAM, stream, MESSAGE));
    }
    sent += 1000;
    batch.push(frame(WINDOW_UPDATE, 0, 0, uint32(16_000)));
    socket.write(Buffer.concat(batch));
    while (answers.count < sent) await setImmediate();
  });
  expect(settings.meter.total('otelcol_receiver_accepted_spans')).toBe(200_000);
  expect(ratio).toBeLessThan(1.05);
}, 300_000);

test.each<[string, (stream: number) => Buffer]>([
  ['cancelled', (stream) => Buffer.concat([frame(DATA, 0, stream, MESSAGE.subarray(0, 40)), frame(RST_STREAM, 0, stream, uint32(CANCEL))])],
  ['refused', (stream) => frame(DATA, END_STREAM, stream, Buffer.alloc(3))],
])('calls that are %s leave nothing behind', async (how, rest) => {
  const { grpcPort } = await startReceiver({ next: { traces: new NopConsumer() } });
  const ratio = await growth(100, async () => {
    // A connection may reset only so many calls at once.
    const socket = await openSocket(grpcPort);
    const answers = new Answers(socket);
    for (let stream = 1; stream < 400; stream += 2) socket.write(Buffer.concat([frame(HEADERS, END_HEADERS, stream, EXPORT_HEADERS), rest(stream)]));
    socket.write(Buffer.concat([frame(HEADERS, END_HEADERS, 401, EXPORT_HEADERS), frame(DATA, END_STREAM, 401, MESSAGE)]));
    while (answers.count < (how === 'refused' ? 201 : 1)) await setImmediate();
    socket.destroy();
    await once(socket, 'close');
  });
  expect(ratio).toBeLessThan(1.05);
}, 120_000);

test.each([
  ['closed', (socket: Socket) => void socket.end()],
  ['broken off', (socket: Socket) => void socket.resetAndDestroy()],
])('5,000 connections that are %s leave nothing behind', async (_how, finish) => {
  const { grpcPort } = await startReceiver({ next: { traces: new NopConsumer() } });
  const ratio = await growth(5000, async () => {
    const socket = await openSocket(grpcPort);
    const answers = new Answers(socket);
    socket.write(Buffer.concat([frame(HEADERS, END_HEADERS, 1, EXPORT_HEADERS), frame(DATA, END_STREAM, 1, MESSAGE)]));
    while (answers.count === 0) await setImmediate();
    const closed = once(socket, 'close');
    finish(socket);
    await closed;
  });
  expect(ratio).toBeLessThan(1.05);
}, 120_000);

test('a message in frames of one byte takes little more memory than its bytes', async () => {
  const { grpcPort } = await startReceiver({ next: { traces: new NopConsumer() } });
  const socket = await openSocket(grpcPort);
  onTestFinished(() => void socket.destroy());
  const answers = new Answers(socket);
  const size = 200_000;
  const before = await bytesInUse();
  socket.write(Buffer.concat([frame(HEADERS, END_HEADERS, 1, EXPORT_HEADERS), frame(DATA, 0, 1, prefixed(new Uint8Array(0), { length: size + 1 }))]));
  const bytes = Buffer.concat(Array.from({ length: 1000 }, () => frame(DATA, 0, 1, Buffer.of(0))));
  for (let sent = 0; sent < size; sent += 1000) await new Promise((resolve) => socket.write(bytes, resolve));
  // The server has read all of it when it has answered what came later.
  socket.write(Buffer.concat([frame(HEADERS, END_HEADERS, 3, EXPORT_HEADERS), frame(DATA, END_STREAM, 3, MESSAGE)]));
  while (answers.count === 0) await setImmediate();
  expect((await bytesInUse()) - before).toBeLessThan(4 * size);
  socket.write(Buffer.concat([frame(DATA, END_STREAM, 1, Buffer.of(0))]));
  while (answers.count === 1) await setImmediate();
});
