import { once } from 'node:events';
import { connect, sensitiveHeaders, type ClientHttp2Session, type OutgoingHttpHeaders } from 'node:http2';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { END_HEADERS, FRAME_HEADER_BYTES, HEADERS, HEADER_TABLE_SIZE, PADDED, PREFACE, SETTINGS, WITH_PRIORITY } from '../../../../src/receiver/otlp/http2/frames.ts';
import { HpackDecoder } from '../../../../src/receiver/otlp/http2/hpack-decoder.ts';
import { seededRandom } from '../../../support/random.ts';
import { decodeBlock, pairsOf, type Pair } from './hpack-blocks.ts';

/** What clients send whose encoder is nghttp2: those of Node, and many more. */

const REQUESTS = 300;

/** A server that answers nothing and keeps the header blocks that come. */
class BlockCatcher {
  readonly blocks: Buffer[] = [];
  readonly #server: Server;
  #received: Buffer = Buffer.alloc(0);

  /** `tableBytes`: SETTINGS_HEADER_TABLE_SIZE. */
  constructor(tableBytes: number) {
    this.#server = createServer((socket) => this.#serve(socket, tableBytes));
    this.#server.listen(0, '127.0.0.1');
    onTestFinished(() => void this.#server.close());
  }

  /** A client that knows what the server announced. */
  async connect(): Promise<ClientHttp2Session> {
    if (!this.#server.listening) await once(this.#server, 'listening');
    const { port } = this.#server.address() as AddressInfo;
    const client = connect(`http://127.0.0.1:${port}`, { maxDeflateDynamicTableSize: 2 ** 16 });
    client.on('error', () => undefined);
    onTestFinished(() => client.destroy());
    await once(client, 'remoteSettings');
    return client;
  }

  #serve(socket: Socket, tableBytes: number): void {
    const settings = Buffer.alloc(FRAME_HEADER_BYTES + 6);
    settings[2] = 6;
    settings[3] = SETTINGS;
    settings.writeUInt16BE(HEADER_TABLE_SIZE, FRAME_HEADER_BYTES);
    settings.writeUInt32BE(tableBytes, FRAME_HEADER_BYTES + 2);
    socket.write(settings);
    socket.on('error', () => undefined);
    let prefaceLeft = PREFACE.length;
    socket.on('data', (bytes: Buffer) => {
      const skipped = Math.min(prefaceLeft, bytes.length);
      prefaceLeft -= skipped;
      this.#take(bytes.subarray(skipped));
    });
  }

  #take(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    while (this.#received.length >= FRAME_HEADER_BYTES) {
      const end = FRAME_HEADER_BYTES + this.#received.readUIntBE(0, 3);
      if (this.#received.length < end) return;
      if (this.#received[3] === HEADERS) this.#keep(this.#received[4]!, this.#received.subarray(FRAME_HEADER_BYTES, end));
      this.#received = this.#received.subarray(end);
    }
  }

  #keep(flags: number, content: Buffer): void {
    expect(flags & (PADDED | WITH_PRIORITY | END_HEADERS)).toBe(END_HEADERS);
    this.blocks.push(content);
  }
}

const random = seededRandom(7541);

function below(count: number): number {
  return Math.floor(random() * count);
}

/** Of visible characters and those above 127, which a value may have. */
function someText(maxLength: number): string {
  return Array.from({ length: 1 + below(maxLength) }, () => String.fromCharCode(random() < 0.9 ? 33 + below(94) : 160 + below(96))).join('');
}

/** Those of an OTLP client, which come again and again, and others that come a few times, or once. */
function someRequest(): Pair[] {
  const pairs: Pair[] = [
    [':method', 'POST'],
    [':scheme', 'http'],
    [':authority', 'localhost:4317'],
    [':path', `/opentelemetry.proto.collector.${['trace', 'logs', 'metrics'][below(3)]}.v1.Service/Export`],
    ['te', 'trailers'],
    ['content-type', 'application/grpc'],
    ['user-agent', 'OTel-OTLP-Exporter/1.0'],
    ['grpc-timeout', `${1 + below(100_000_000)}u`],
  ];
  if (random() < 0.5) pairs.push(['authorization', `Bearer ${someText(20)}`]);
  for (let i = below(4); i > 0; i--) pairs.push([`x-${i}-${below(40)}`, random() < 0.5 ? 'the same' : someText(300)]);
  if (random() < 0.3) pairs.push(['content-length', String(below(10_000))]);
  return pairs;
}

function send(client: ClientHttp2Session, pairs: readonly Pair[]): void {
  const headers: OutgoingHttpHeaders = Object.assign(Object.fromEntries(pairs), { [sensitiveHeaders]: ['authorization'] });
  client.request(headers).on('error', () => undefined);
}

test.each([0, 100, 4096, 16_384])('decodes the blocks of nghttp2 with a table of %d bytes', async (tableBytes) => {
  const catcher = new BlockCatcher(tableBytes);
  const client = await catcher.connect();
  const requests = Array.from({ length: REQUESTS }, someRequest);
  for (const request of requests) send(client, request);
  await expect.poll(() => catcher.blocks.length).toBe(REQUESTS);

  const decoder = new HpackDecoder(tableBytes);
  for (const [i, block] of catcher.blocks.entries()) expect(pairsOf(decodeBlock(decoder, block))).toEqual(requests[i]);
});
