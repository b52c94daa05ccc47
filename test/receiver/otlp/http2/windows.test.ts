import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { CANCEL, DATA, END_STREAM, PADDED, SETTINGS, WINDOW_UPDATE } from '../../../../src/receiver/otlp/http2/frames.ts';
import { RawConnection, frame, uint32 } from './raw-connection.ts';
import { data, grow, headers, nodeClient, request, reset } from './requests.ts';
import { ANSWER_BLOCK, TRAILERS_BLOCK, serveHttp2 } from './serve-http2.ts';

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
    const padded = frame(DATA, PADDED, 1, Buffer.concat([Buffer.of(255), Buffer.from('abc'), Buffer.alloc(255)]));
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
    connection.send(reset(3, CANCEL), grow(0, 12));
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

  test('each that waits for the connection has its turn', async () => {
    const { port } = await serveHttp2({ answer: (received) => received.respond(Buffer.alloc(received.stream.id === 1 ? 65_535 : 25)) });
    const connection = RawConnection.open(port);
    connection.send(headers(1, END_STREAM), headers(3, END_STREAM), headers(5, END_STREAM));
    const sizes: number[][] = [];
    for (let i = 0; i < 6; i++) {
      connection.send(grow(0, 10));
      await connection.settle();
      sizes.push([3, 5].map((stream) => connection.contentOf(stream).length));
    }
    expect(sizes).toEqual([[10, 0], [10, 10], [20, 10], [20, 20], [25, 25], [25, 25]]);
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
