import { expect, test } from 'vitest';
import { ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, PRIORITY, RST_STREAM, SETTINGS, WINDOW_UPDATE } from '../../../../src/receiver/otlp/http2/frames.ts';
import { seededRandom } from '../../../support/random.ts';
import { RawConnection, frame, uint32 } from './raw-connection.ts';
import { BLOCK, data, grow, headers, request } from './requests.ts';
import { serveHttp2 } from './serve-http2.ts';

const CONNECTIONS = 400;
const FRAMES = 60;
/** Added to what the client sent. */
const ANSWER_BYTES = 30_000;
const LAST = Buffer.from('the last');
const LAST_PING = frame(PING, 0, 0, LAST);

/** Frames as clients send them, in an order that none would choose, and now and then one that is no frame of any client. */
class RandomClient {
  readonly #random: () => number;
  #stream = 1;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  frames(): Buffer[] {
    return Array.from({ length: FRAMES }, () => this.#frame());
  }

  /** The same bytes, cut elsewhere. */
  parts(bytes: Buffer): Buffer[] {
    const parts: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += parts.at(-1)!.length) parts.push(bytes.subarray(at, at + 1 + this.#below(300)));
    return parts;
  }

  #frame(): Buffer {
    const kind = this.#random();
    if (kind < 0.3) return headers(this.#next(), this.#one([0, END_STREAM]));
    if (kind < 0.6) return data(this.#known(), Buffer.alloc(this.#one([0, 1, 100, 5000]), 'x'), this.#one([0, 0, END_STREAM]));
    if (kind < 0.75) return grow(this.#one([0, this.#known()]), 1 + this.#below(10_000));
    if (kind < 0.8) return frame(RST_STREAM, 0, this.#known(), uint32(this.#below(14)));
    if (kind < 0.87) return frame(SETTINGS, 0, 0, Buffer.concat([Buffer.of(0, this.#one([1, 2, 3, 4, 6, 9])), uint32(this.#below(2))]));
    if (kind < 0.9) return frame(SETTINGS, 0, 0, Buffer.concat([Buffer.of(0, 4), uint32(this.#below(100_000))]));
    if (kind < 0.94) return frame(PING, this.#one([0, ACK]), 0, Buffer.alloc(8));
    if (kind < 0.97) return Buffer.concat([frame(HEADERS, 0, this.#next(), BLOCK.subarray(0, 9)), frame(CONTINUATION, END_HEADERS, this.#stream, BLOCK.subarray(9))]);
    if (kind < 0.995) return frame(this.#one([PRIORITY, GOAWAY, 0x55]), this.#below(256), this.#below(2), Buffer.alloc(this.#one([5, 8])));
    return frame(this.#below(11), this.#below(256), this.#below(20), Buffer.from(Array.from({ length: this.#below(20) }, () => this.#below(256))));
  }

  #next(): number {
    this.#stream += this.#one([2, 2, 2, 4]);
    return this.#stream;
  }

  #known(): number {
    return Math.max(1, this.#stream - 2 * this.#below(4));
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #one<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)]!;
  }
}

test('whatever frames come, each request ends once, nothing is sent without room for it, and others are served', async () => {
  const { port, requests, connections } = await serveHttp2({
    maxConcurrentStreams: 10,
    answer: (received) => void setImmediate(() => received.respond(Buffer.concat([received.content, Buffer.alloc(ANSWER_BYTES)]))),
  });
  const bystander = RawConnection.open(port);
  let survived = 0;
  let answered = 0;
  for (let seed = 1; seed <= CONNECTIONS; seed++) {
    const client = new RandomClient(seed);
    const frames = client.frames();
    const connection = RawConnection.open(port);
    for (const part of client.parts(Buffer.concat([...frames, LAST_PING]))) connection.send(part);
    const isSeen = (): boolean => connection.frames.some(({ type, payload }) => type === PING && payload.equals(LAST));
    await expect.poll(() => connection.isClosed || isSeen(), { interval: 1 }).toBe(true);
    expect(sentBytes(connection), `seed ${seed}`).toBeLessThanOrEqual(65_535 + givenBytes(frames));
    for (const stream of new Set(connection.frames.map((received) => received.stream))) {
      if (stream === 0) continue;
      const letters = order(connection, stream);
      expect(letters, `seed ${seed}, stream ${stream}`).toMatch(/^(HD*T?)?R*$/);
      if (!letters.includes('T')) continue;
      answered++;
      expect(connection.contentOf(stream).length, `seed ${seed}, stream ${stream}`).toBeGreaterThanOrEqual(ANSWER_BYTES);
    }
    if (!connection.isClosed) survived++;
    connection.reset();
    await connection.closed;
  }
  expect(connections).toHaveLength(CONNECTIONS + 1);
  // Enough of them came to their end, and enough did not.
  expect(survived).toBeGreaterThan(CONNECTIONS / 20);
  expect(survived).toBeLessThan(CONNECTIONS - CONNECTIONS / 20);
  expect(requests.length).toBeGreaterThan(4 * CONNECTIONS);
  expect(answered).toBeGreaterThan(CONNECTIONS / 20);
  await expect.poll(() => requests.every(({ closings }) => closings === 1)).toBe(true);
  bystander.send(request(1, 'still here'));
  await expect.poll(() => bystander.contentOf(1).toString().startsWith('still here')).toBe(true);
});

function sentBytes(connection: RawConnection): number {
  return connection.frames.reduce((sum, { type, payload }) => sum + (type === DATA ? payload.length : 0), 0);
}

/** By WINDOW_UPDATE of the connection. */
function givenBytes(frames: readonly Buffer[]): number {
  return frames.reduce((sum, bytes) => sum + (bytes[3] === WINDOW_UPDATE && bytes.readUInt32BE(5) === 0 ? bytes.readUInt32BE(9) : 0), 0);
}

/** The frames of an answer as letters: headers, data, trailers, resets. */
function order(connection: RawConnection, stream: number): string {
  return connection
    .framesOf(stream)
    .filter(({ type }) => type !== WINDOW_UPDATE)
    .map(({ type, flags }) => (type === HEADERS ? ((flags & END_STREAM) === 0 ? 'H' : 'T') : type === DATA ? 'D' : 'R'))
    .join('');
}
