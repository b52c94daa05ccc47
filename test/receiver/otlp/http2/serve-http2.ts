import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../../../src/internal/clock.ts';
import type { HeaderList } from '../../../../src/receiver/otlp/http2/hpack-decoder.ts';
import { encodeHeaderBlock } from '../../../../src/receiver/otlp/http2/hpack-encoder.ts';
import { Http2Connection, type ConnectionHandler } from '../../../../src/receiver/otlp/http2/http2-connection.ts';
import type { Http2Stream, StreamHandler } from '../../../../src/receiver/otlp/http2/http2-stream.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

export const ANSWER_BLOCK = encodeHeaderBlock([[':status', '200'], ['x-answer', 'yes']]);
export const TRAILERS_BLOCK = encodeHeaderBlock([['x-trailers', 'yes']]);

/** A request as a handler sees it. */
export class Received implements StreamHandler {
  readonly stream: Http2Stream;
  readonly headers: HeaderList;
  readonly #parts: Buffer[] = [];
  readonly #answer: (request: Received) => void;
  isComplete = false;
  /** How often its end was told. */
  closings = 0;

  constructor(stream: Http2Stream, headers: HeaderList, answer: (request: Received) => void) {
    this.stream = stream;
    this.headers = headers;
    this.#answer = answer;
  }

  get content(): Buffer {
    return Buffer.concat(this.#parts);
  }

  contentReceived(bytes: Uint8Array, from: number, to: number): void {
    if (this.isComplete || this.closings > 0) throw new Error('content after the end');
    this.#parts.push(Buffer.from(bytes.subarray(from, to)));
  }

  requestComplete(): void {
    if (this.isComplete || this.closings > 0) throw new Error('complete after the end');
    this.isComplete = true;
    this.#answer(this);
  }

  streamClosed(): void {
    this.closings++;
  }

  /** Answers with headers, this content and trailers. */
  respond(content: Uint8Array): void {
    this.stream.sendHeaders(ANSWER_BLOCK);
    this.stream.sendData(content);
    this.stream.sendTrailers(TRAILERS_BLOCK);
  }
}

export interface ServeOptions {
  readonly windowBytes?: number;
  readonly maxConcurrentStreams?: number;
  readonly clock?: Clock;
  /** Called when a request begins. */
  readonly begin?: (request: Received) => void;
  /** Called when a request is complete; without, it is answered with what it sent. */
  readonly answer?: (request: Received) => void;
}

export interface Served {
  readonly port: number;
  /** Of all connections, in their order. */
  readonly requests: readonly Received[];
  readonly connections: readonly Http2Connection[];
  /** What the handlers of connections were told. */
  readonly events: readonly string[];
}

/** Serves HTTP/2 on sockets with nothing of gRPC, until the test ends. */
export async function serveHttp2(options: ServeOptions = {}): Promise<Served> {
  const { clock = new ManualClock(), begin, answer = (request) => request.respond(request.content) } = options;
  const limits = { windowBytes: options.windowBytes ?? 65_535, maxConcurrentStreams: options.maxConcurrentStreams };
  const requests: Received[] = [];
  const connections: Http2Connection[] = [];
  const events: string[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    const handler: ConnectionHandler = {
      streamOpened(stream, headers) {
        const request = new Received(stream, headers, answer);
        requests.push(request);
        begin?.(request);
        return request;
      },
      settingsReceived: () => void events.push('settings'),
      pingReceived: () => void events.push('ping'),
      connectionEnding: () => void events.push('ending'),
      connectionClosed: () => void events.push('closed'),
    };
    connections.push(new Http2Connection(socket, handler, clock, limits));
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    for (const connection of connections) connection.destroy();
    server.close();
  });
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, requests, connections, events };
}
