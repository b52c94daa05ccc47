import { expect, test } from 'vitest';
import { ACK, CANCEL, END_STREAM, ENHANCE_YOUR_CALM, PING, SETTINGS } from '../../../../src/receiver/otlp/http2/frames.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { RawConnection, frame, headerBlock, uint32 } from './raw-connection.ts';
import { data, grow, headers, reset } from './requests.ts';
import { ANSWER_BLOCK, serveHttp2 } from './serve-http2.ts';

const many = (count: number, make: (stream: number) => Buffer): Buffer => Buffer.concat(Array.from({ length: count }, (_, i) => make(2 * i + 1)));

test.each<[string, (stream: number) => Buffer]>([
  ['requests that the client takes back', (stream) => Buffer.concat([headers(stream), reset(stream, CANCEL)])],
  ['requests that it makes the server reset by a window', (stream) => Buffer.concat([headers(stream), grow(stream, 0)])],
  ['requests that it makes the server reset by content after the end', (stream) => Buffer.concat([headers(stream, END_STREAM), data(stream, 'x')])],
  ['requests with malformed headers', (stream) => headers(stream, 0, headerBlock({ a: 'b' }))],
  ['settings, by one who reads all that comes', () => frame(SETTINGS, 0, 0, Buffer.concat([Buffer.of(0, 4), uint32(1)]))],
])('%s: a thousand and then 33 a second, by the clock', async (_what, make) => {
  const clock = new ManualClock();
  const { port } = await serveHttp2({ clock, answer: () => undefined });
  const connection = RawConnection.open(port);
  const pongs = (): number => connection.frames.filter(({ type, flags }) => type === PING && flags === ACK).length;
  // The first settings are the thousandth.
  connection.send(many(999, make), frame(PING, 0, 0, Buffer.alloc(8)));
  await expect.poll(pongs).toBe(1);
  clock.tick(1000);
  connection.send(...Array.from({ length: 33 }, (_, i) => make(2 * i + 2001)), frame(PING, 0, 0, Buffer.alloc(8)));
  await expect.poll(pongs).toBe(2);
  expect(connection.goawayCode).toBeUndefined();
  connection.send(make(3001));
  await connection.closed;
  expect(connection.goawayCode).toBe(ENHANCE_YOUR_CALM);
});

test('requests that are refused early and ended by an empty frame are no flood', async () => {
  const { port } = await serveHttp2({ begin: ({ stream }) => stream.sendHeaders(ANSWER_BLOCK, true) });
  const connection = RawConnection.open(port);
  connection.send(many(3000, (stream) => Buffer.concat([headers(stream), data(stream, 'abc'), data(stream, '', END_STREAM)])));
  await connection.settle();
  expect(connection.isAnswered(5999)).toBe(true);
  expect(connection.goawayCode).toBeUndefined();
});

test('pings, by one who reads all that comes, are no flood', async () => {
  const { port, events } = await serveHttp2();
  const connection = RawConnection.open(port);
  for (let i = 0; i < 20; i++) {
    connection.send(many(1000, () => frame(PING, 0, 0, Buffer.alloc(8))));
    await connection.settle();
  }
  expect(events.filter((event) => event === 'ping')).toHaveLength(20_000);
  expect(connection.goawayCode).toBeUndefined();
});
