import { once } from 'node:events';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { describe, expect, onTestFinished, test } from 'vitest';
import { encodeHeaderBlock } from '../../../../src/receiver/otlp/http2/hpack-encoder.ts';
import { fieldValue } from '../../../../src/receiver/otlp/http2/request-fields.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { seededRandom } from '../../../support/random.ts';
import {
  ACK,
  CANCEL,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  ENHANCE_YOUR_CALM,
  GOAWAY,
  HEADERS,
  NO_ERROR,
  PING,
  PRIORITY,
  RST_STREAM,
  RawConnection,
  SETTINGS,
  WINDOW_UPDATE,
  frame,
  headerBlock,
  uint32,
} from './raw-connection.ts';
import { ANSWER_BLOCK, TRAILERS_BLOCK, serveHttp2 } from './serve-http2.ts';

const PROTOCOL_ERROR = 0x1;
const FLOW_CONTROL_ERROR = 0x3;
const STREAM_CLOSED = 0x5;
const FRAME_SIZE_ERROR = 0x6;
const REFUSED_STREAM = 0x7;
const COMPRESSION_ERROR = 0x9;

const FIELDS = { ':method': 'POST', ':scheme': 'http', ':path': '/', ':authority': 'test' };
const BLOCK = headerBlock(FIELDS);

const headers = (stream: number, flags = 0): Buffer => frame(HEADERS, END_HEADERS | flags, stream, BLOCK);
const data = (stream: number, content: string, flags = 0): Buffer => frame(DATA, flags, stream, Buffer.from(content));
const request = (stream: number, content: string): Buffer => Buffer.concat([headers(stream), data(stream, content, END_STREAM)]);
const trailers = (stream: number, fields: Readonly<Record<string, string>> = { a: 'b' }, flags = END_STREAM): Buffer =>
  frame(HEADERS, END_HEADERS | flags, stream, headerBlock(fields));

const lastStreamsOf = (connection: RawConnection): number[] => connection.frames.filter(({ type }) => type === GOAWAY).map(({ payload }) => payload.readUInt32BE(0));

/** Node's own client, which keeps to all windows. */
function nodeClient(port: number, options = {}): ClientHttp2Session {
  const session = connectHttp2(`http://127.0.0.1:${port}`, options);
  session.on('error', () => undefined);
  onTestFinished(() => session.destroy());
  return session;
}

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

  test('with headers in many frames, padded, with a priority', async () => {
    const { port, requests } = await serveHttp2();
    const connection = RawConnection.open(port);
    const priority = Buffer.from([0, 0, 0, 0, 16]);
    connection.send(frame(HEADERS, 0x8 | 0x20, 1, Buffer.concat([Buffer.of(3), priority, BLOCK.subarray(0, 10), Buffer.alloc(3)])));
    for (let at = 10; at < BLOCK.length; at++) connection.send(frame(CONTINUATION, 0, 1, BLOCK.subarray(at, at + 1)));
    connection.send(frame(CONTINUATION, END_HEADERS, 1), frame(DATA, 0x8 | END_STREAM, 1, Buffer.from('\x04abcpppp')));
    await connection.settle();
    expect(fieldValue(requests[0]!.headers, ':authority')).toBe('test');
    expect(connection.contentOf(1).toString()).toBe('abc');
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

describe('windows for what the client sends', () => {
  const updatesOf = (connection: RawConnection): [number, number][] =>
    connection.frames.filter(({ type }) => type === WINDOW_UPDATE).map(({ stream, payload }) => [stream, payload.readUInt32BE(0)]);

  test.each([65_535, 65_536, 1_000_000])('of %i bytes are opened again as long as content comes', async (windowBytes) => {
    const { port, requests } = await serveHttp2({ windowBytes, answer: (received) => received.respond(Buffer.alloc(0)) });
    const session = nodeClient(port);
    const content = Buffer.alloc(3_000_000, 'content');
    await Promise.all(
      [1, 2].map(async () => {
        const stream = session.request({ ':path': '/', ':method': 'POST' });
        stream.resume().end(content);
        await once(stream, 'close');
      }),
    );
    expect(requests.map((received) => received.content.equals(content))).toEqual([true, true]);
  });

  test('are given back once half of one has been used, whole frames with their padding', async () => {
    const { port, requests } = await serveHttp2({ windowBytes: 65_535 });
    const connection = RawConnection.open(port);
    connection.send(headers(1), headers(3));
    const padded = frame(DATA, 0x8, 1, Buffer.concat([Buffer.of(255), Buffer.from('abc'), Buffer.alloc(255)]));
    for (let i = 0; i < 126; i++) connection.send(padded);
    await connection.settle();
    // 126 × 259 bytes.
    expect(updatesOf(connection)).toEqual([]);
    connection.send(data(3, 'x'.repeat(133)));
    await connection.settle();
    expect(updatesOf(connection)).toEqual([]);
    connection.send(data(3, 'x'));
    await connection.settle();
    expect(updatesOf(connection)).toEqual([[0, 32_768]]);
    connection.send(padded);
    await connection.settle();
    expect(updatesOf(connection)).toEqual([[0, 32_768], [1, 127 * 259]]);
    expect(requests.map(({ content }) => content.length)).toEqual([127 * 3, 134]);
  });

  test('are given back for content that nobody wants', async () => {
    const { port } = await serveHttp2({ begin: ({ stream }) => stream.sendHeaders(ANSWER_BLOCK, true) });
    const connection = RawConnection.open(port);
    connection.send(headers(1));
    for (let i = 0; i < 4; i++) connection.send(frame(DATA, 0, 1, Buffer.alloc(16_384)));
    await connection.settle();
    expect(updatesOf(connection)).toEqual([[0, 32_768], [0, 32_768]]);
  });
});

describe('windows for what the server sends', () => {
  const windowOf = (bytes: number): Buffer => frame(SETTINGS, 0, 0, Buffer.concat([Buffer.of(0, 4), uint32(bytes)]));
  const grow = (stream: number, bytes: number): Buffer => frame(WINDOW_UPDATE, 0, stream, uint32(bytes));

  test('what there is no room for waits, the trailers behind it', async () => {
    const content = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 31) >> 3));
    const { port, requests } = await serveHttp2({ answer: (received) => received.respond(content) });
    const connection = RawConnection.open(port);
    connection.send(headers(1, END_STREAM));
    await connection.settle();
    expect(connection.contentOf(1)).toHaveLength(65_535);
    expect(connection.isAnswered(1)).toBe(false);
    expect(requests[0]!.closings).toBe(0);
    for (let sent = 65_535; sent < content.length; ) {
      // The one window alone changes nothing.
      connection.send(grow(1, 50_000));
      await connection.settle();
      expect(connection.contentOf(1)).toHaveLength(sent);
      connection.send(grow(0, 50_000));
      await connection.settle();
      sent = Math.min(content.length, sent + 50_000);
      expect(connection.contentOf(1)).toHaveLength(sent);
    }
    expect(connection.contentOf(1).equals(content)).toBe(true);
    expect(connection.isAnswered(1)).toBe(true);
    expect(requests[0]!.closings).toBe(1);
  });

  test.each([0, 1, 2])('a stream whose window is %i bytes', async (size) => {
    const { port } = await serveHttp2();
    const connection = RawConnection.open(port);
    connection.send(windowOf(size), request(1, 'abcdefg'));
    await connection.settle();
    expect(connection.contentOf(1).toString()).toBe('abcdefg'.slice(0, size));
    for (let sent = size; sent < 7; sent++) {
      expect(connection.isAnswered(1)).toBe(false);
      connection.send(grow(1, 1));
      await connection.settle();
      expect(connection.contentOf(1).toString()).toBe('abcdefg'.slice(0, sent + 1));
    }
    expect(connection.isAnswered(1)).toBe(true);
    // One that has nothing to send needs no window.
    connection.send(windowOf(0), request(3, ''));
    await connection.settle();
    expect(connection.isAnswered(3)).toBe(true);
  });

  test('settings that make windows smaller leave less than nothing', async () => {
    const { port } = await serveHttp2();
    const connection = RawConnection.open(port);
    connection.send(windowOf(10), request(1, 'abcdefghijklmnop'), windowOf(3));
    await connection.settle();
    // 10 sent where there is room for 3: seven are owed.
    connection.send(grow(1, 7));
    await connection.settle();
    expect(connection.contentOf(1).toString()).toBe('abcdefghij');
    connection.send(grow(1, 1));
    await connection.settle();
    expect(connection.contentOf(1).toString()).toBe('abcdefghijk');
    connection.send(windowOf(100));
    await connection.settle();
    expect(connection.contentOf(1).toString()).toBe('abcdefghijklmnop');
    expect(connection.isAnswered(1)).toBe(true);
  });

  test('streams that wait for the connection go on in turn, those that wait for themselves hold up none', async () => {
    const { port } = await serveHttp2({ answer: (received) => received.respond(Buffer.alloc(received.stream.id === 1 ? 65_530 : 10, received.stream.id)) });
    const connection = RawConnection.open(port);
    connection.send(headers(1, END_STREAM), headers(3, END_STREAM), headers(5, END_STREAM), headers(7, END_STREAM));
    await connection.settle();
    const sizes = (): number[] => [1, 3, 5, 7].map((stream) => connection.contentOf(stream).length);
    expect(sizes()).toEqual([65_530, 5, 0, 0]);
    connection.send(frame(RST_STREAM, 0, 3, uint32(CANCEL)), grow(0, 12));
    await connection.settle();
    expect(sizes()).toEqual([65_530, 5, 10, 2]);
    connection.send(windowOf(0), headers(9, END_STREAM), grow(0, 3));
    await connection.settle();
    // Seven sent 2 of 65,535, which is now 2 more than it may.
    expect([...sizes(), connection.contentOf(9).length]).toEqual([65_530, 5, 10, 2, 0]);
    connection.send(windowOf(65_535));
    await connection.settle();
    expect(connection.contentOf(7).length + connection.contentOf(9).length).toBe(2 + 3);
    connection.send(grow(0, 100));
    await connection.settle();
    expect([connection.contentOf(7).length, connection.contentOf(9).length]).toEqual([10, 10]);
    expect([7, 9].map((stream) => connection.isAnswered(stream))).toEqual([true, true]);
  });

  test('content in pieces, some of them empty, in order', async () => {
    const { port } = await serveHttp2({
      answer({ stream }) {
        stream.sendHeaders(ANSWER_BLOCK);
        for (const piece of ['ab', '', 'c', 'defghi', '', 'j']) stream.sendData(Buffer.from(piece));
        stream.sendTrailers(TRAILERS_BLOCK);
      },
    });
    const connection = RawConnection.open(port);
    connection.send(windowOf(0), headers(1, END_STREAM));
    for (let sent = 0; sent < 10; sent++) {
      await connection.settle();
      expect(connection.contentOf(1).toString()).toBe('abcdefghij'.slice(0, sent));
      connection.send(grow(1, 1));
    }
    await connection.settle();
    expect(connection.isAnswered(1)).toBe(true);
  });

  test('one who gives much room and reads nothing is not read either, until it reads', async () => {
    const { port, requests } = await serveHttp2({ answer: (received) => received.respond(Buffer.alloc(16_384)) });
    const connection = RawConnection.open(port);
    connection.send(windowOf(0x7fff_ffff), grow(0, 0x7fff_0000));
    await connection.settle();
    connection.pause();
    const count = 4000;
    const batch = Buffer.concat(Array.from({ length: count }, (_, i) => headers(2 * i + 1, END_STREAM)));
    for (let at = 0; at < batch.length; at += 10_000) connection.send(batch.subarray(at, at + 10_000));
    let seen = 0;
    await expect.poll(() => seen === (seen = requests.length) && seen > 0, { interval: 100 }).toBe(true);
    expect(seen).toBeLessThan(count);
    connection.resume();
    await expect.poll(() => connection.isAnswered(2 * count - 1), { interval: 100 }).toBe(true);
    expect(requests).toHaveLength(count);
  });
});

describe('a stream ends, and the connection does not', () => {
  const fault = (stream: number, fields: Readonly<Record<string, string>>): Buffer => frame(HEADERS, END_HEADERS, stream, headerBlock({ ...FIELDS, ...fields }));

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
    ['a window grown by nothing', [headers(1), frame(WINDOW_UPDATE, 0, 1, uint32(0))], PROTOCOL_ERROR],
    ['a window beyond 2³¹', [headers(1), frame(WINDOW_UPDATE, 0, 1, uint32(0x7fff_ffff))], FLOW_CONTROL_ERROR],
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
    connection.send(data(1, 'zzz'), frame(WINDOW_UPDATE, 0, 1, uint32(5)), frame(RST_STREAM, 0, 1, uint32(CANCEL)), request(3, 'next'));
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
    connection.send(headers(1), data(1, 'abc'), data(1, ''), frame(WINDOW_UPDATE, 0, 1, uint32(9)), trailers(1), frame(RST_STREAM, 0, 1, uint32(NO_ERROR)), request(3, 'x'));
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
    connection.send(headers(1), data(1, 'abc'), frame(RST_STREAM, 0, 1, uint32(CANCEL)), request(3, ''), frame(RST_STREAM, 0, 3, uint32(CANCEL)));
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
    ['HEADERS whose padding is too long', [frame(HEADERS, END_HEADERS | 0x8, 3, Buffer.of(9, 0))], PROTOCOL_ERROR],
    ['HEADERS without the length of their padding', [frame(HEADERS, END_HEADERS | 0x8, 3)], FRAME_SIZE_ERROR],
    ['HEADERS with half a priority', [frame(HEADERS, END_HEADERS | 0x20, 3, Buffer.alloc(4))], FRAME_SIZE_ERROR],
    ['HEADERS that depend on themselves', [frame(HEADERS, END_HEADERS | 0x20, 3, Buffer.concat([uint32(3), Buffer.of(16), BLOCK]))], PROTOCOL_ERROR],
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
    ['settings by which a window grows beyond 2³¹', [headers(3), frame(WINDOW_UPDATE, 0, 3, uint32(1)), setting(4, 0x7fff_ffff)], FLOW_CONTROL_ERROR],
    ['frames of 16,383 bytes', [setting(5, 16_383)], PROTOCOL_ERROR],
    ['frames of 16 MiB', [setting(5, 2 ** 24)], PROTOCOL_ERROR],
    ['PING on a stream', [frame(PING, 0, 1, Buffer.alloc(8))], PROTOCOL_ERROR],
    ['PING of nine bytes', [frame(PING, 0, 0, Buffer.alloc(9))], FRAME_SIZE_ERROR],
    ['GOAWAY on a stream', [frame(GOAWAY, 0, 1, Buffer.alloc(8))], PROTOCOL_ERROR],
    ['GOAWAY of seven bytes', [frame(GOAWAY, 0, 0, Buffer.alloc(7))], FRAME_SIZE_ERROR],
    ['PRIORITY without a stream', [frame(PRIORITY, 0, 0, Buffer.alloc(5))], PROTOCOL_ERROR],
    ['PRIORITY of four bytes', [frame(PRIORITY, 0, 3, Buffer.alloc(4))], FRAME_SIZE_ERROR],
    ['a stream that depends on itself', [frame(PRIORITY, 0, 3, Buffer.concat([uint32(3), Buffer.of(16)]))], PROTOCOL_ERROR],
    ['RST_STREAM without a stream', [frame(RST_STREAM, 0, 0, uint32(CANCEL))], PROTOCOL_ERROR],
    ['RST_STREAM of a stream that was never opened', [frame(RST_STREAM, 0, 3, uint32(CANCEL))], PROTOCOL_ERROR],
    ['RST_STREAM of five bytes', [frame(RST_STREAM, 0, 1, Buffer.alloc(5))], FRAME_SIZE_ERROR],
    ['a window of a stream that was never opened', [frame(WINDOW_UPDATE, 0, 3, uint32(1))], PROTOCOL_ERROR],
    ['a window of the connection beyond 2³¹', [frame(WINDOW_UPDATE, 0, 0, uint32(0x7fff_ffff))], FLOW_CONTROL_ERROR],
    ['a window of the connection grown by nothing', [frame(WINDOW_UPDATE, 0, 0, uint32(0))], PROTOCOL_ERROR],
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
      request(1, 'a'), frame(WINDOW_UPDATE, 0, 1, uint32(1)), frame(RST_STREAM, 0, 1, uint32(NO_ERROR)), frame(PRIORITY, 0, 1, Buffer.alloc(5)),
      frame(GOAWAY, 0, 0, Buffer.alloc(20)), request(1001, 'b'),
    );
    await expect.poll(() => connection.isAnswered(1001)).toBe(true);
    expect(connection.goawayCode).toBeUndefined();
  });
});

describe('floods', () => {
  const many = (count: number, make: (stream: number) => Buffer): Buffer => Buffer.concat(Array.from({ length: count }, (_, i) => make(2 * i + 1)));
  const reset = (stream: number): Buffer => frame(RST_STREAM, 0, stream, uint32(CANCEL));

  test.each<[string, (stream: number) => Buffer]>([
    ['requests that the client takes back', (stream) => Buffer.concat([headers(stream), reset(stream)])],
    ['requests that it makes the server reset by a window', (stream) => Buffer.concat([headers(stream), frame(WINDOW_UPDATE, 0, stream, uint32(0))])],
    ['requests that it makes the server reset by content after the end', (stream) => Buffer.concat([headers(stream, END_STREAM), data(stream, 'x')])],
    ['requests with malformed headers', (stream) => frame(HEADERS, END_HEADERS, stream, headerBlock({ a: 'b' }))],
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

  test('requests that are refused early and ended by an empty frame are none', async () => {
    const { port } = await serveHttp2({ begin: ({ stream }) => stream.sendHeaders(ANSWER_BLOCK, true) });
    const connection = RawConnection.open(port);
    connection.send(many(3000, (stream) => Buffer.concat([headers(stream), data(stream, 'abc'), data(stream, '', END_STREAM)])));
    await connection.settle();
    expect(connection.isAnswered(5999)).toBe(true);
    expect(connection.goawayCode).toBeUndefined();
  });

  test('pings, by one who reads all that comes, are none', async () => {
    const { port, events } = await serveHttp2();
    const connection = RawConnection.open(port);
    for (let i = 0; i < 20; i++) {
      connection.send(many(1000, () => frame(PING, 0, 0, Buffer.alloc(8))));
      await connection.settle();
    }
    expect(events.filter((event) => event === 'ping')).toHaveLength(20_000);
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
    connection.send(request(5, 'late'), headers(7), data(7, 'late'), trailers(7), frame(WINDOW_UPDATE, 0, 9, uint32(1)), frame(RST_STREAM, 0, 7, uint32(CANCEL)));
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
