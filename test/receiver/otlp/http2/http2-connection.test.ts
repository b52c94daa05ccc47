import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
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
  GOAWAY,
  HEADERS,
  NO_ERROR,
  PADDED,
  PING,
  PRIORITY,
  PROTOCOL_ERROR,
  REFUSED_STREAM,
  RST_STREAM,
  SETTINGS,
  STREAM_CLOSED,
  WINDOW_UPDATE,
  WITH_PRIORITY,
} from '../../../../src/receiver/otlp/http2/frames.ts';
import { encodeHeaderBlock } from '../../../../src/receiver/otlp/http2/hpack-encoder.ts';
import { fieldValue } from '../../../../src/receiver/otlp/http2/request-fields.ts';
import { seededRandom } from '../../../support/random.ts';
import { RawConnection, frame, headerBlock, uint32 } from './raw-connection.ts';
import { BLOCK, FIELDS, data, grow, headers, nodeClient, request, reset, trailers } from './requests.ts';
import { ANSWER_BLOCK, TRAILERS_BLOCK, serveHttp2 } from './serve-http2.ts';

const lastStreamsOf = (connection: RawConnection): number[] => connection.frames.filter(({ type }) => type === GOAWAY).map(({ payload }) => payload.readUInt32BE(0));

describe('a request and its answer', () => {
  test('are headers, content and trailers', async () => {
    const { port, requests } = await serveHttp2();
    const connection = RawConnection.open(port);
    connection.send(headers(1), data(1, 'some '), data(1, ''), data(1, 'content', END_STREAM));
    await connection.settle();
    expect(requests).toMatchObject([{ isComplete: true, closings: 1 }]);
    expect(requests[0]!.headers.fields).toEqual(Object.entries(FIELDS).map(([name, value]) => ({ name, value })));
    expect(connection.framesOf(1)).toEqual([
      { type: HEADERS, flags: END_HEADERS, stream: 1, payload: ANSWER_BLOCK },
      { type: DATA, flags: 0, stream: 1, payload: Buffer.from('some content') },
      { type: HEADERS, flags: END_HEADERS | END_STREAM, stream: 1, payload: TRAILERS_BLOCK },
    ]);
  });

  test('without content', async () => {
    const { port, requests } = await serveHttp2();
    const connection = RawConnection.open(port);
    connection.send(headers(1, END_STREAM));
    await connection.settle();
    expect(requests).toMatchObject([{ isComplete: true, closings: 1 }]);
    expect(connection.framesOf(1).map(({ type }) => type)).toEqual([HEADERS, HEADERS]);
  });

  test('with trailers of the client', async () => {
    const { port, requests } = await serveHttp2();
    const connection = RawConnection.open(port);
    connection.send(headers(1), data(1, 'abc'), trailers(1));
    await connection.settle();
    expect(requests[0]).toMatchObject({ isComplete: true, closings: 1 });
    expect(connection.contentOf(1).toString()).toBe('abc');
  });

  test('with headers in many frames, padded, with a priority, again and again', async () => {
    const { port, requests } = await serveHttp2();
    const connection = RawConnection.open(port);
    const priority = Buffer.from([0, 0, 0, 0, 16]);
    for (const stream of [1, 3, 5]) {
      connection.send(frame(HEADERS, PADDED | WITH_PRIORITY, stream, Buffer.concat([Buffer.of(3), priority, BLOCK.subarray(0, 10), Buffer.alloc(3)])));
      for (let at = 10; at < BLOCK.length; at++) connection.send(frame(CONTINUATION, 0, stream, BLOCK.subarray(at, at + 1)));
      connection.send(frame(CONTINUATION, END_HEADERS, stream), frame(DATA, PADDED | END_STREAM, stream, Buffer.from('\x04abcpppp')));
    }
    await connection.settle();
    expect(requests.map((received) => fieldValue(received.headers, ':authority'))).toEqual(['test', 'test', 'test']);
    expect([1, 3, 5].map((stream) => connection.contentOf(stream).toString())).toEqual(['abc', 'abc', 'abc']);
  });

  test('with headers of the answer in many frames', async () => {
    const value = 'v'.repeat(50_000);
    const { port } = await serveHttp2({ answer: ({ stream }) => stream.sendHeaders(encodeHeaderBlock([[':status', '200'], ['x-long', value]]), true) });
    const session = nodeClient(port);
    const stream = session.request({ ':path': '/' });
    const [answer] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(answer['x-long']).toBe(value);
    stream.resume();
    await once(stream, 'close');
    expect(stream.rstCode).toBe(NO_ERROR);
  });

  test('many at once, each with its own content, on several connections', async () => {
    const random = seededRandom(1);
    const { port } = await serveHttp2({ answer: (received) => void setImmediate(() => received.respond(received.content)) });
    await Promise.all(
      Array.from({ length: 3 }, async () => {
        const session = nodeClient(port);
        await Promise.all(
          Array.from({ length: 100 }, async (_, i) => {
            const content = Buffer.alloc(Math.floor(random() ** 4 * 300_000), i);
            const stream = session.request({ ':path': '/', ':method': 'POST' });
            const parts: Buffer[] = [];
            stream.on('data', (part: Buffer) => parts.push(part));
            stream.end(content);
            await once(stream, 'close');
            expect(Buffer.concat(parts).equals(content)).toBe(true);
          }),
        );
      }),
    );
  });
});

describe('a stream ends, and the connection does not', () => {
  const fault = (stream: number, fields: Readonly<Record<string, string>>): Buffer => headers(stream, 0, headerBlock({ ...FIELDS, ...fields }));

  test.each<[string, Buffer[], number]>([
    ['fields that no request has', [fault(1, { connection: 'close' })], PROTOCOL_ERROR],
    ['trailers that do not end the request', [headers(1), trailers(1, { a: 'b' }, 0)], PROTOCOL_ERROR],
    ['trailers that no request has', [headers(1), trailers(1, { ':path': '/' })], PROTOCOL_ERROR],
    ['content after the end', [headers(1, END_STREAM), data(1, 'a')], STREAM_CLOSED],
    ['headers after the end', [headers(1, END_STREAM), trailers(1)], STREAM_CLOSED],
    ['more content than announced', [fault(1, { 'content-length': '3' }), data(1, 'ab'), data(1, 'cd')], PROTOCOL_ERROR],
    ['less content than announced', [fault(1, { 'content-length': '3' }), data(1, 'ab', END_STREAM)], PROTOCOL_ERROR],
    ['less content than announced, before trailers', [fault(1, { 'content-length': '3' }), data(1, 'ab'), trailers(1)], PROTOCOL_ERROR],
    ['content of which an unreadable length was announced', [fault(1, { 'content-length': 'x' }), data(1, 'ab', END_STREAM)], PROTOCOL_ERROR],
    ['no content where some was announced', [frame(HEADERS, END_HEADERS | END_STREAM, 1, headerBlock({ ...FIELDS, 'content-length': '1' }))], PROTOCOL_ERROR],
    ['a window grown by nothing', [headers(1), grow(1, 0)], PROTOCOL_ERROR],
    ['a window beyond 2³¹', [headers(1), grow(1, 0x7fff_ffff)], FLOW_CONTROL_ERROR],
  ])('%s', async (_what, frames, code) => {
    const held: (() => void)[] = [];
    const { port, requests } = await serveHttp2({ answer: (received) => void held.push(() => received.respond(received.content)) });
    const connection = RawConnection.open(port);
    connection.send(...frames);
    await connection.settle();
    expect(connection.resetCodeOf(1)).toBe(code);
    expect(connection.framesOf(1).map(({ type }) => type)).toEqual([RST_STREAM]);
    expect(requests.map(({ closings }) => closings)).toEqual(requests.map(() => 1));
    // An answer that comes too late goes nowhere; the stream is over, whatever comes of it; the next one is served.
    connection.send(data(1, 'zzz'), grow(1, 5), reset(1, CANCEL), request(3, 'next'));
    await expect.poll(() => requests.find(({ stream }) => stream.id === 3)?.isComplete).toBe(true);
    for (const answer of held) answer();
    await connection.settle();
    expect(connection.contentOf(3).toString()).toBe('next');
    expect(connection.framesOf(1)).toHaveLength(1);
    expect(connection.goawayCode).toBeUndefined();
  });

  test('exactly the content that was announced is taken', async () => {
    const { port } = await serveHttp2();
    const connection = RawConnection.open(port);
    connection.send(fault(1, { 'content-length': '3' }), data(1, 'ab'), data(1, 'c', END_STREAM), fault(3, { 'content-length': '2' }), data(3, 'de'), trailers(3));
    await connection.settle();
    expect([1, 3].map((stream) => connection.contentOf(stream).toString())).toEqual(['abc', 'de']);
  });

  test('longer headers than the server takes are answered 431, and the table of the next ones is right', async () => {
    const { port, requests } = await serveHttp2();
    const session = nodeClient(port);
    await once(session, 'remoteSettings');
    expect(session.remoteSettings.maxHeaderListSize).toBe(65_536);
    const raw = RawConnection.open(port);
    // Each field is added to the table (01…): 80 of them count more than 64 KiB, the last is still there for the next request.
    const field = (i: number): Buffer => Buffer.concat([Buffer.of(0x40, 3), Buffer.from(`x${String(i).padStart(2, '0')}`), Buffer.of(0x7f, 0xe9, 0x06), Buffer.alloc(1000, 'v')]);
    const block = Buffer.concat([BLOCK, ...Array.from({ length: 80 }, (_, i) => field(i))]);
    raw.send(frame(HEADERS, 0, 1, block.subarray(0, 16_000)));
    for (let at = 16_000; at < block.length; at += 16_000) raw.send(frame(CONTINUATION, at + 16_000 >= block.length ? END_HEADERS : 0, 1, block.subarray(at, at + 16_000)));
    raw.send(frame(HEADERS, END_HEADERS | END_STREAM, 3, Buffer.concat([BLOCK, Buffer.of(0x80 | 62)])));
    await raw.settle();
    expect(raw.framesOf(1)).toMatchObject([{ type: HEADERS, flags: END_HEADERS | END_STREAM }, { type: RST_STREAM, payload: uint32(NO_ERROR) }]);
    expect(raw.framesOf(1)[0]!.payload.toString('latin1')).toContain('431');
    expect(requests).toHaveLength(1);
    expect(fieldValue(requests[0]!.headers, 'x79')).toBe('v'.repeat(1000));
  });

  test('an answer before the request is complete ends it, and what still comes is passed over', async () => {
    const { port, requests } = await serveHttp2({
      begin({ stream }) {
        if (stream.id === 1) stream.sendHeaders(ANSWER_BLOCK, true);
      },
    });
    const connection = RawConnection.open(port);
    connection.send(headers(1), data(1, 'abc'), data(1, ''), grow(1, 9), trailers(1), reset(1, NO_ERROR), request(3, 'x'));
    await connection.settle();
    expect(connection.framesOf(1)).toMatchObject([{ type: HEADERS, flags: END_HEADERS | END_STREAM }, { type: RST_STREAM, payload: uint32(NO_ERROR) }]);
    expect(requests[0]).toMatchObject({ isComplete: false, closings: 1 });
    expect(requests[0]!.content).toHaveLength(0);
    expect(connection.contentOf(3).toString()).toBe('x');
  });

  test('of 256 streams that ended early it is remembered that what comes is no mistake', async () => {
    const { port } = await serveHttp2({ begin: ({ stream }) => stream.sendHeaders(ANSWER_BLOCK, true) });
    const connection = RawConnection.open(port);
    for (let i = 0; i < 257; i++) connection.send(headers(2 * i + 1));
    connection.send(data(3, 'abc'), trailers(3), data(1, 'abc'));
    await connection.settle();
    expect(connection.framesOf(3).filter(({ type }) => type === RST_STREAM)).toHaveLength(1);
    expect(connection.framesOf(1).filter(({ type }) => type === RST_STREAM).map(({ payload }) => payload.readUInt32BE(0))).toEqual([NO_ERROR, STREAM_CLOSED]);
    expect(connection.goawayCode).toBeUndefined();
    // Having been told again of the first one has made it forget the second.
    connection.send(trailers(3));
    await connection.closed;
    expect(connection.goawayCode).toBe(STREAM_CLOSED);
  });

  test('a request that the client takes back', async () => {
    const { port, requests } = await serveHttp2({ answer: () => undefined });
    const connection = RawConnection.open(port);
    connection.send(headers(1), data(1, 'abc'), reset(1, CANCEL), request(3, ''), reset(3, CANCEL));
    await connection.settle();
    expect(requests).toMatchObject([{ isComplete: false, closings: 1 }, { isComplete: true, closings: 1 }]);
    for (const received of requests) received.respond(Buffer.from('late'));
    await connection.settle();
    expect([...connection.framesOf(1), ...connection.framesOf(3)]).toEqual([]);
  });

  test('more requests at once than are taken', async () => {
    const { port, requests } = await serveHttp2({ maxConcurrentStreams: 2, answer: () => undefined });
    const connection = RawConnection.open(port);
    connection.send(request(1, ''), headers(3), request(5, 'refused'), headers(7), trailers(7));
    await connection.settle();
    expect(requests.map(({ stream }) => stream.id)).toEqual([1, 3]);
    expect([5, 7].map((stream) => connection.resetCodeOf(stream))).toEqual([REFUSED_STREAM, REFUSED_STREAM]);
    requests[0]!.respond(Buffer.alloc(0));
    connection.send(request(9, 'taken'), request(11, 'refused'));
    await connection.settle();
    expect(requests.map(({ stream }) => stream.id)).toEqual([1, 3, 9]);
    expect([9, 11].map((stream) => connection.resetCodeOf(stream))).toEqual([undefined, REFUSED_STREAM]);
    expect(connection.frames.find(({ type, flags }) => type === SETTINGS && flags !== ACK)?.payload.toString('hex')).toContain('000300000002');
  });
});

describe('the connection ends', () => {
  const setting = (id: number, value: number): Buffer => frame(SETTINGS, 0, 0, Buffer.concat([Buffer.of(0, id), uint32(value)]));

  test.each<[string, Buffer[], number]>([
    ['DATA without a stream', [data(0, 'a')], PROTOCOL_ERROR],
    ['DATA on a stream that was never opened', [data(3, 'a')], PROTOCOL_ERROR],
    ['DATA on a stream of the server', [data(2, 'a')], PROTOCOL_ERROR],
    ['DATA within a header block', [frame(HEADERS, 0, 3, BLOCK), data(1, 'a')], PROTOCOL_ERROR],
    ['HEADERS on a stream that is closed', [request(3, ''), request(5, ''), headers(3)], STREAM_CLOSED],
    ['HEADERS on a stream that was passed over', [request(5, ''), headers(3)], STREAM_CLOSED],
    ['HEADERS without a stream', [headers(0)], PROTOCOL_ERROR],
    ['HEADERS whose padding is too long', [frame(HEADERS, END_HEADERS | PADDED, 3, Buffer.of(9, 0))], PROTOCOL_ERROR],
    ['HEADERS without the length of their padding', [frame(HEADERS, END_HEADERS | PADDED, 3)], FRAME_SIZE_ERROR],
    ['HEADERS with half a priority', [frame(HEADERS, END_HEADERS | WITH_PRIORITY, 3, Buffer.alloc(4))], FRAME_SIZE_ERROR],
    ['HEADERS that depend on themselves', [frame(HEADERS, END_HEADERS | WITH_PRIORITY, 3, Buffer.concat([uint32(3), Buffer.of(16), BLOCK]))], PROTOCOL_ERROR],
    ['a header block that cannot be read', [frame(HEADERS, END_HEADERS, 3, Buffer.of(0x80))], COMPRESSION_ERROR],
    ['CONTINUATION of nothing', [frame(CONTINUATION, END_HEADERS, 3, BLOCK)], PROTOCOL_ERROR],
    ['CONTINUATION of another stream', [frame(HEADERS, 0, 3, BLOCK), frame(CONTINUATION, END_HEADERS, 5)], PROTOCOL_ERROR],
    ['an unknown frame within a header block', [frame(HEADERS, 0, 3, BLOCK), frame(0x77, 0, 0)], PROTOCOL_ERROR],
    ['a header block in frames without end', [frame(HEADERS, 0, 3), ...Array.from({ length: 64 }, () => frame(CONTINUATION, 0, 3))], ENHANCE_YOUR_CALM],
    ['a header block of bytes without end', [frame(HEADERS, 0, 3), ...Array.from({ length: 9 }, () => frame(CONTINUATION, 0, 3, Buffer.alloc(16_384)))], ENHANCE_YOUR_CALM],
    ['SETTINGS on a stream', [frame(SETTINGS, 0, 1)], PROTOCOL_ERROR],
    ['SETTINGS of five bytes', [frame(SETTINGS, 0, 0, Buffer.alloc(5))], FRAME_SIZE_ERROR],
    ['an acknowledgement with content', [frame(SETTINGS, ACK, 0, Buffer.alloc(6))], FRAME_SIZE_ERROR],
    ['a push that is neither on nor off', [setting(2, 2)], PROTOCOL_ERROR],
    ['a window of 2³¹', [setting(4, 0x8000_0000)], FLOW_CONTROL_ERROR],
    ['settings by which a window grows beyond 2³¹', [headers(3), grow(3, 1), setting(4, 0x7fff_ffff)], FLOW_CONTROL_ERROR],
    ['frames of 16,383 bytes', [setting(5, 16_383)], PROTOCOL_ERROR],
    ['frames of 16 MiB', [setting(5, 2 ** 24)], PROTOCOL_ERROR],
    ['PING on a stream', [frame(PING, 0, 1, Buffer.alloc(8))], PROTOCOL_ERROR],
    ['PING of nine bytes', [frame(PING, 0, 0, Buffer.alloc(9))], FRAME_SIZE_ERROR],
    ['GOAWAY on a stream', [frame(GOAWAY, 0, 1, Buffer.alloc(8))], PROTOCOL_ERROR],
    ['GOAWAY of seven bytes', [frame(GOAWAY, 0, 0, Buffer.alloc(7))], FRAME_SIZE_ERROR],
    ['PRIORITY without a stream', [frame(PRIORITY, 0, 0, Buffer.alloc(5))], PROTOCOL_ERROR],
    ['PRIORITY of four bytes', [frame(PRIORITY, 0, 3, Buffer.alloc(4))], FRAME_SIZE_ERROR],
    ['a stream that depends on itself', [frame(PRIORITY, 0, 3, Buffer.concat([uint32(3), Buffer.of(16)]))], PROTOCOL_ERROR],
    ['RST_STREAM without a stream', [reset(0, CANCEL)], PROTOCOL_ERROR],
    ['RST_STREAM of a stream that was never opened', [reset(3, CANCEL)], PROTOCOL_ERROR],
    ['RST_STREAM of five bytes', [frame(RST_STREAM, 0, 1, Buffer.alloc(5))], FRAME_SIZE_ERROR],
    ['a window of a stream that was never opened', [grow(3, 1)], PROTOCOL_ERROR],
    ['a window of the connection beyond 2³¹', [grow(0, 0x7fff_ffff)], FLOW_CONTROL_ERROR],
    ['a window of the connection grown by nothing', [grow(0, 0)], PROTOCOL_ERROR],
    ['WINDOW_UPDATE of three bytes', [frame(WINDOW_UPDATE, 0, 1, Buffer.alloc(3))], FRAME_SIZE_ERROR],
  ])('%s', async (_what, frames, code) => {
    const { port, requests, events } = await serveHttp2();
    const connection = RawConnection.open(port);
    connection.send(headers(1), ...frames, frame(PING, 0, 0, Buffer.alloc(8)), request(1001, 'too late'));
    await connection.closed;
    expect(connection.goawayCode).toBe(code);
    expect(connection.goawayTexts[0]).not.toBe('');
    expect(connection.frames.at(-1)?.type).toBe(GOAWAY);
    await expect.poll(() => events).toEqual(['settings', 'ending', 'closed']);
    expect(requests.map(({ closings }) => closings)).toEqual(requests.map(() => 1));
    expect(requests.every(({ stream }) => stream.id < 1001)).toBe(true);
  });

  test('what is no mistake ends nothing', async () => {
    const { port } = await serveHttp2();
    const connection = RawConnection.open(port);
    connection.send(
      setting(1, 0), setting(2, 0), setting(3, 0), setting(5, 2 ** 24 - 1), setting(6, 1), setting(0x4242, 7),
      frame(0x77, 0xff, 9, Buffer.alloc(100)), frame(0x77, 0, 0),
      frame(PRIORITY, 0, 99, Buffer.from([0, 0, 0, 1, 16])), frame(PING, ACK, 0, Buffer.alloc(8)), frame(SETTINGS, ACK, 0), frame(SETTINGS, 0xfe, 0),
      request(1, 'a'), grow(1, 1), reset(1, NO_ERROR), frame(PRIORITY, 0, 1, Buffer.alloc(5)),
      frame(GOAWAY, 0, 0, Buffer.alloc(20)), request(1001, 'b'),
    );
    await expect.poll(() => connection.isAnswered(1001)).toBe(true);
    expect(connection.goawayCode).toBeUndefined();
  });
});

describe('the server ends the connection', () => {
  test('having answered what is under way, and passing over what comes later', async () => {
    const { port, requests, connections, events } = await serveHttp2({ answer: () => undefined });
    const connection = RawConnection.open(port);
    connection.send(headers(1), request(3, 'under way'));
    await connection.settle();
    connections[0]!.close();
    connections[0]!.close();
    connection.send(request(5, 'late'), headers(7), data(7, 'late'), trailers(7), grow(9, 1), reset(7, CANCEL));
    connection.send(data(1, 'rest', END_STREAM));
    await connection.settle();
    expect(requests.map(({ stream }) => stream.id)).toEqual([1, 3]);
    expect(lastStreamsOf(connection)).toEqual([3]);
    expect(connection.goawayCode).toBe(NO_ERROR);
    requests[1]!.respond(Buffer.from('x'));
    await connection.settle();
    expect(events).toEqual(['settings']);
    requests[0]!.respond(requests[0]!.content);
    await connection.closed;
    expect(connection.contentOf(1).toString()).toBe('rest');
    expect([1, 3].map((stream) => connection.isAnswered(stream))).toEqual([true, true]);
    expect([...connection.framesOf(5), ...connection.framesOf(7)]).toEqual([]);
    await expect.poll(() => events).toEqual(['settings', 'ending', 'closed']);
  });

  test('at once where nothing is under way', async () => {
    const { port, connections } = await serveHttp2();
    const connection = RawConnection.open(port);
    connection.send(request(1, ''));
    await connection.settle();
    connections[0]!.close();
    await connection.closed;
    expect(lastStreamsOf(connection)).toEqual([1]);
  });

  test('having said so first', async () => {
    const { port, connections } = await serveHttp2();
    const connection = RawConnection.open(port);
    await connection.settle();
    connections[0]!.announceClose();
    connection.send(request(1, 'taken'));
    await connection.settle();
    expect(connection.contentOf(1).toString()).toBe('taken');
    connections[0]!.close();
    connections[0]!.announceClose();
    await connection.closed;
    expect(lastStreamsOf(connection)).toEqual([0x7fff_ffff, 1]);
  });

  test('for a reason, with all streams', async () => {
    const { port, requests, connections, events } = await serveHttp2({ answer: () => undefined });
    const connection = RawConnection.open(port);
    connection.send(headers(1), request(3, ''));
    await connection.settle();
    connections[0]!.fail(ENHANCE_YOUR_CALM, 'because');
    connections[0]!.fail(ENHANCE_YOUR_CALM, 'again');
    await connection.closed;
    expect(lastStreamsOf(connection)).toEqual([3]);
    expect(connection.goawayTexts).toEqual(['because']);
    expect(requests.map(({ closings }) => closings)).toEqual([1, 1]);
    await expect.poll(() => events).toEqual(['settings', 'ending', 'closed']);
  });

  test('by breaking it off', async () => {
    const { port, requests, connections, events } = await serveHttp2({ answer: () => undefined });
    const connection = RawConnection.open(port);
    connection.send(request(1, ''));
    await connection.settle();
    connections[0]!.destroy();
    await connection.closed;
    await expect.poll(() => events).toEqual(['settings', 'closed']);
    expect(requests[0]!.closings).toBe(1);
    requests[0]!.respond(Buffer.from('late'));
  });
});

test('pings are answered with what they carry, and a pong tells who asked, once', async () => {
  const { port, connections, events } = await serveHttp2();
  const connection = RawConnection.open(port);
  connection.send(frame(PING, 0, 0, Buffer.from('12345678')));
  await connection.settle();
  expect(connection.frames.filter(({ type }) => type === PING)).toEqual([{ type: PING, flags: ACK, stream: 0, payload: Buffer.from('12345678') }]);
  expect(events).toEqual(['settings', 'ping']);
  let pongs = 0;
  connections[0]!.ping(() => pongs++);
  await connection.settle();
  connection.send(connection.pong(), connection.pong());
  await connection.settle();
  expect(pongs).toBe(1);
});
