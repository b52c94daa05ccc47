import type { Socket } from 'node:net';
import type { Clock } from '../../../internal/clock.ts';
import { FloodGuard } from './flood-guard.ts';
import { FrameOutput } from './frame-output.ts';
import { FrameReader, type FrameSink } from './frame-reader.ts';
import {
  ACK,
  CONTINUATION,
  ConnectionError,
  DEFAULT_WINDOW_BYTES,
  FRAME_SIZE_ERROR,
  GOAWAY,
  HEADERS,
  INITIAL_WINDOW_SIZE,
  MAX_CONCURRENT_STREAMS,
  MAX_HEADER_LIST_SIZE,
  MAX_STREAM,
  NO_ERROR,
  PING,
  PRIORITY,
  PROTOCOL_ERROR,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
  readUint31,
} from './frames.ts';
import { HeaderBlockReader, MAX_HEADER_LIST_BYTES, PRIORITY_BYTES, type StreamHeaders } from './header-block-reader.ts';
import type { HeaderList } from './hpack-decoder.ts';
import type { Http2Stream, StreamHandler } from './http2-stream.ts';
import { PeerSettings } from './peer-settings.ts';
import { readSocket } from './socket-reader.ts';
import { StreamTable, type Http2Limits, type StreamTableOwner } from './stream-table.ts';

const PING_CONTENT = Buffer.from('tailrace');
/** Of RST_STREAM and WINDOW_UPDATE. */
const UINT32_BYTES = 4;
/** Of GOAWAY: the last stream and why; more may follow. */
const LEAST_GOAWAY_BYTES = 8;

/** Takes what happens on a connection. */
export interface ConnectionHandler {
  /** A request begins. */
  streamOpened(stream: Http2Stream, headers: HeaderList): StreamHandler;
  /** The client has said that it speaks HTTP/2. */
  settingsReceived(): void;
  pingReceived(): void;
  /** All is said, for whatever reason, and only the client's end of the connection is missing. */
  connectionEnding(): void;
  /** The socket is closed; all streams are. */
  connectionClosed(): void;
}

/**
 * The server's side of one connection of HTTP/2 (RFC 9113) on a socket, for requests that are small in headers and large in
 * content: no push, no priorities, no table for the headers that are sent.
 *
 * ```
 *  socket ─► FrameReader ─► Http2Connection ─► StreamTable ─► handlers
 *     ▲                        settings, pings     │             │
 *     └──── one write a turn ◄─ FrameOutput ◄──────┴─────────────┘
 * ```
 *
 * Node's own HTTP/2 costs several times as much for a request (docs/architecture.md). Whatever a client does wrong ends its
 * stream or its connection and nothing else.
 */
export class Http2Connection implements FrameSink, StreamTableOwner {
  readonly #socket: Socket;
  readonly #handler: ConnectionHandler;
  readonly #reader = new FrameReader(this);
  readonly #headers = new HeaderBlockReader();
  readonly #output: FrameOutput;
  readonly #settings = new PeerSettings();
  readonly #floods: FloodGuard;
  readonly #streams: StreamTable;
  #hasSettings = false;
  #onPong: (() => void) | undefined;
  /** No more requests are taken. */
  #isClosing = false;
  /** Nothing more is read or written. */
  #isOver = false;

  constructor(socket: Socket, handler: ConnectionHandler, clock: Clock, limits: Http2Limits) {
    this.#socket = socket;
    this.#handler = handler;
    this.#output = new FrameOutput(socket);
    this.#floods = new FloodGuard(clock);
    this.#streams = new StreamTable(this.#output, this.#settings, this.#floods, limits, this);
    readSocket(socket, (bytes, size) => this.#receive(bytes, size));
    // `close` follows, and the other side is gone anyway.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#closed());
    this.#greet(limits);
  }

  /**
   * Tells the client to send its requests elsewhere, and goes on taking those that it sends before it has read that: not
   * every client sends again what a closed connection did not take (section 6.8).
   */
  announceClose(): void {
    if (this.#isClosing) return;
    this.#output.frames.goaway(MAX_STREAM, NO_ERROR);
    this.#output.written();
  }

  /** Takes no more requests and ends when those under way have been answered. */
  close(): void {
    if (this.#isClosing) return;
    this.#refuseMore();
    this.#output.frames.goaway(this.#streams.lastId, NO_ERROR);
    if (this.#streams.isEmpty) this.#end();
    else this.#output.written();
  }

  /** Ends the connection, telling the client why. */
  fail(code: number, text: string): void {
    if (this.#isOver) return;
    this.#refuseMore();
    this.#output.frames.goaway(this.#streams.lastId, code, text);
    this.#streams.closeAll();
    this.#end();
  }

  /** Breaks the connection off, whatever waits to be sent on it. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** `onPong` is called once, when the client has answered; a later ping takes the place of an earlier one. */
  ping(onPong: () => void): void {
    this.#onPong = onPong;
    this.#output.frames.ping(false, PING_CONTENT);
    this.#output.written();
  }

  streamOpened(stream: Http2Stream, headers: HeaderList): StreamHandler {
    return this.#handler.streamOpened(stream, headers);
  }

  streamsEnded(): void {
    this.#end();
  }

  // What the client sends.

  beginData(stream: number, size: number, isEndOfStream: boolean): void {
    this.#expectNoContinuation();
    this.#expectSettings();
    this.#streams.beginData(stream, size, isEndOfStream);
  }

  takeData(bytes: Uint8Array, from: number, to: number): void {
    this.#streams.takeData(bytes, from, to);
  }

  endData(): void {
    this.#streams.endData();
  }

  takeFrame(type: number, flags: number, stream: number, bytes: Uint8Array, from: number, to: number): void {
    if (type !== CONTINUATION) this.#expectNoContinuation();
    if (type !== SETTINGS) this.#expectSettings();
    switch (type) {
      case HEADERS:
        this.#takeHeaders(this.#headers.takeHeaders(flags, stream, bytes, from, to));
        break;
      case CONTINUATION:
        this.#takeHeaders(this.#headers.takeContinuation(flags, stream, bytes, from, to));
        break;
      case SETTINGS:
        this.#takeSettings(flags, stream, bytes, from, to);
        break;
      case PING:
        this.#takePing(flags, stream, bytes, from, to);
        break;
      case WINDOW_UPDATE:
        this.#takeWindowUpdate(stream, bytes, from, to);
        break;
      case RST_STREAM:
        expectSize('RST_STREAM', UINT32_BYTES, to - from);
        this.#streams.takeReset(stream);
        break;
      case PRIORITY:
        takePriority(stream, bytes, from, to);
        break;
      case GOAWAY:
        takeGoaway(stream, to - from);
        break;
      case PUSH_PROMISE:
        throw new ConnectionError(PROTOCOL_ERROR, 'a client pushes nothing');
      default:
        // Types that are not known are passed over (section 5.5).
        break;
    }
  }

  #takeHeaders(headers: StreamHeaders | undefined): void {
    if (headers !== undefined) this.#streams.takeHeaders(headers);
  }

  #takeSettings(flags: number, stream: number, bytes: Uint8Array, from: number, to: number): void {
    if (stream !== 0) throw new ConnectionError(PROTOCOL_ERROR, 'SETTINGS on a stream');
    if ((flags & ACK) !== 0) {
      expectSize('an acknowledgement of SETTINGS', 0, to - from);
      this.#expectSettings();
      return;
    }
    this.#floods.settingsChanged();
    this.#floods.acknowledging(this.#output.isDrained);
    const windowBefore = this.#settings.initialWindowBytes;
    this.#settings.take(bytes, from, to);
    this.#output.frames.settingsAck();
    if (!this.#hasSettings) {
      this.#hasSettings = true;
      this.#handler.settingsReceived();
    }
    const change = this.#settings.initialWindowBytes - windowBefore;
    if (change !== 0) this.#streams.shiftWindows(change);
  }

  #takePing(flags: number, stream: number, bytes: Uint8Array, from: number, to: number): void {
    if (stream !== 0) throw new ConnectionError(PROTOCOL_ERROR, 'PING on a stream');
    expectSize('PING', PING_CONTENT.length, to - from);
    if ((flags & ACK) === 0) {
      this.#floods.acknowledging(this.#output.isDrained);
      this.#output.frames.ping(true, bytes.subarray(from, to));
      this.#handler.pingReceived();
      return;
    }
    const onPong = this.#onPong;
    this.#onPong = undefined;
    onPong?.();
  }

  #takeWindowUpdate(stream: number, bytes: Uint8Array, from: number, to: number): void {
    expectSize('WINDOW_UPDATE', UINT32_BYTES, to - from);
    const size = readUint31(bytes, from);
    if (stream === 0) this.#streams.growConnectionWindow(size);
    else this.#streams.growWindow(stream, size);
  }

  #expectNoContinuation(): void {
    if (this.#headers.isWithinBlock) throw new ConnectionError(PROTOCOL_ERROR, 'a header block is interrupted');
  }

  #expectSettings(): void {
    if (!this.#hasSettings) throw new ConnectionError(PROTOCOL_ERROR, 'SETTINGS did not come first');
  }

  #greet({ windowBytes, maxConcurrentStreams }: Http2Limits): void {
    const { frames } = this.#output;
    frames.settings([
      [INITIAL_WINDOW_SIZE, windowBytes],
      [MAX_HEADER_LIST_SIZE, MAX_HEADER_LIST_BYTES],
      ...(maxConcurrentStreams === undefined ? [] : [[MAX_CONCURRENT_STREAMS, maxConcurrentStreams] as const]),
    ]);
    if (windowBytes > DEFAULT_WINDOW_BYTES) frames.windowUpdate(0, windowBytes - DEFAULT_WINDOW_BYTES);
    this.#output.written();
  }

  #receive(bytes: Uint8Array, size: number): void {
    if (this.#isOver) return;
    this.#output.readingBegins();
    try {
      this.#reader.read(bytes, size);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.fail(error.code, error.message);
    } finally {
      this.#output.readingEnds();
    }
  }

  #refuseMore(): void {
    this.#isClosing = true;
    this.#streams.refuseMore();
  }

  /** Sends what is left and closes our side. What still comes is read and thrown away, or the client might lose the end. */
  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#output.end();
    this.#handler.connectionEnding();
  }

  #closed(): void {
    this.#isOver = true;
    this.#refuseMore();
    this.#streams.closeAll();
    this.#handler.connectionClosed();
  }
}

function takePriority(stream: number, bytes: Uint8Array, from: number, to: number): void {
  if (stream === 0) throw new ConnectionError(PROTOCOL_ERROR, 'PRIORITY without a stream');
  expectSize('PRIORITY', PRIORITY_BYTES, to - from);
  if (readUint31(bytes, from) === stream) throw new ConnectionError(PROTOCOL_ERROR, 'a stream depends on itself');
}

function takeGoaway(stream: number, size: number): void {
  if (stream !== 0) throw new ConnectionError(PROTOCOL_ERROR, 'GOAWAY on a stream');
  if (size < LEAST_GOAWAY_BYTES) throw new ConnectionError(FRAME_SIZE_ERROR, `GOAWAY with ${size} bytes`);
}

function expectSize(what: string, expected: number, actual: number): void {
  if (actual !== expected) throw new ConnectionError(FRAME_SIZE_ERROR, `${what} with ${actual} bytes`);
}
