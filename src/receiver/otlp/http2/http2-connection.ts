import type { Socket } from 'node:net';
import type { Clock } from '../../../internal/clock.ts';
import { TokenBucket } from '../../../internal/token-bucket.ts';
import { FrameOutput } from './frame-output.ts';
import { FrameReader, type FrameSink } from './frame-reader.ts';
import type { FrameWriter } from './frame-writer.ts';
import {
  ACK,
  CONTINUATION,
  ConnectionError,
  DEFAULT_WINDOW_BYTES,
  ENHANCE_YOUR_CALM,
  FLOW_CONTROL_ERROR,
  FRAME_SIZE_ERROR,
  GOAWAY,
  HEADERS,
  INITIAL_WINDOW_SIZE,
  MAX_CONCURRENT_STREAMS,
  MAX_HEADER_LIST_SIZE,
  MAX_WINDOW_BYTES,
  NO_ERROR,
  PING,
  PRIORITY,
  PROTOCOL_ERROR,
  PUSH_PROMISE,
  REFUSED_STREAM,
  RST_STREAM,
  SETTINGS,
  STREAM_CLOSED,
  WINDOW_UPDATE,
  readUint31,
} from './frames.ts';
import { HeaderBlockReader, MAX_HEADER_LIST_BYTES, PRIORITY_BYTES, type StreamHeaders } from './header-block-reader.ts';
import type { HeaderList } from './hpack-decoder.ts';
import { encodeHeaderBlock } from './hpack-encoder.ts';
import { Http2Stream, type StreamHandler, type StreamOwner } from './http2-stream.ts';
import { PeerSettings } from './peer-settings.ts';
import { fieldValue, requestMistake, trailersMistake } from './request-fields.ts';
import { readSocket } from './socket-reader.ts';

/** Requests that a client may take back: opening and resetting streams costs it nothing and us much (CVE-2023-44487). */
const RESETS_PER_SECOND = 33;
const RESET_BURST = 1000;

/** Frames without content that a client may send before a request of its is complete, and answers to its pings and settings that it may leave unread. */
const MAX_EMPTY_FRAMES = 1000;
const MAX_UNREAD_ACKS = 10_000;

/** Of so many streams that we ended before the client did, we remember that what still comes of them is no mistake. */
const MAX_REMEMBERED_RESETS = 256;

const TOO_LARGE_HEADERS = encodeHeaderBlock([[':status', '431']]);

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

export interface Http2Limits {
  /** The window of each stream and of the connection. */
  readonly windowBytes: number;
  /** undefined: no limit. */
  readonly maxConcurrentStreams: number | undefined;
}

/**
 * The server's side of one connection of HTTP/2 (RFC 9113) on a socket, for requests that are small in headers and large in
 * content: no push, no priorities, no table for the headers that are sent.
 *
 * ```
 *  socket ─► FrameReader ─► streams ─► handlers
 *     ▲                                   │
 *     └──── one write a turn ◄─ FrameWriter
 * ```
 *
 * Node's own HTTP/2 costs several times as much for a request (bench/results.md). Whatever a client does wrong ends its
 * stream or its connection and nothing else.
 */
export class Http2Connection implements FrameSink, StreamOwner {
  readonly #socket: Socket;
  readonly #handler: ConnectionHandler;
  readonly #clock: Clock;
  readonly #limits: Http2Limits;
  readonly #reader = new FrameReader(this);
  readonly #output: FrameOutput;
  readonly #writer: FrameWriter;
  readonly #headers = new HeaderBlockReader();
  readonly #peer = new PeerSettings();
  readonly #resets = new TokenBucket(RESETS_PER_SECOND, RESET_BURST);
  /** Those that are open, and those whose answer is not complete. */
  readonly #streams = new Map<number, Http2Stream>();
  /** Streams whose answer waits for the client's windows. */
  readonly #blocked = new Set<Http2Stream>();
  readonly #resetByUs = new Set<number>();
  /** The greatest stream that the client has opened. */
  #lastStream = 0;
  #receiveWindow: number;
  #unreported = 0;
  #sendWindow = DEFAULT_WINDOW_BYTES;
  /** The stream of the DATA frame being read; undefined when nobody wants it. */
  #dataStream: Http2Stream | undefined;
  /** The last request headers that were found right: most requests of a connection have the same. */
  #rightHeaders: HeaderList | undefined;
  #emptyFrames = 0;
  #unreadAcks = 0;
  #hasSettings = false;
  #onPong: (() => void) | undefined;
  /** No more requests are taken. */
  #isClosing = false;
  /** Nothing more is read or written. */
  #isOver = false;

  constructor(socket: Socket, handler: ConnectionHandler, clock: Clock, limits: Http2Limits) {
    this.#socket = socket;
    this.#handler = handler;
    this.#clock = clock;
    this.#limits = limits;
    this.#output = new FrameOutput(socket);
    this.#writer = this.#output.frames;
    this.#receiveWindow = limits.windowBytes;
    readSocket(socket, (bytes, size) => this.#receive(bytes, size));
    // `close` follows, and the other side is gone anyway.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#closed());
    this.#greet();
  }

  get streamCount(): number {
    return this.#streams.size;
  }

  /** Whether the client has been told that no more requests are taken. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Takes no more requests and ends when those under way have been answered. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#writer.goaway(this.#lastStream, NO_ERROR);
    this.#endIfDone();
    this.#output.written();
  }

  /** Ends the connection, telling the client why. */
  fail(code: number, text: string): void {
    if (this.#isOver) return;
    this.#isClosing = true;
    this.#writer.goaway(this.#lastStream, code, text);
    this.#closeStreams();
    this.#end();
  }

  /** Breaks the connection off, whatever waits to be sent on it. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** `onPong` is called once, when the client has answered. */
  ping(onPong: () => void): void {
    this.#onPong = onPong;
    this.#writer.ping(false, PING_CONTENT);
    this.#output.written();
  }

  // What streams send.

  sendHeaders(stream: Http2Stream, block: Uint8Array, isEndOfStream: boolean): void {
    this.#writer.headers(stream.id, block, isEndOfStream);
    this.#output.written();
  }

  sendData(stream: Http2Stream, bytes: Uint8Array, from: number, size: number): number {
    const sent = Math.min(size, this.#sendWindow);
    if (sent === 0) {
      this.#blocked.add(stream);
      return 0;
    }
    this.#sendWindow -= sent;
    this.#writer.data(stream.id, bytes, from, from + sent, false);
    this.#output.written();
    return sent;
  }

  answerComplete(stream: Http2Stream): void {
    // What the client still sends of an answered request is of no use (section 8.1).
    if (!stream.isRequestComplete) this.#writeReset(stream.id, NO_ERROR);
    this.#closeStream(stream);
  }

  resetStream(stream: Http2Stream, code: number): void {
    this.#writeReset(stream.id, code);
    this.#closeStream(stream);
    this.#output.written();
  }

  // What the client sends.

  beginData(id: number, size: number): void {
    this.#expectNoContinuation();
    this.#expectSettings();
    if (id === 0) throw new ConnectionError(PROTOCOL_ERROR, 'DATA without a stream');
    if (size === 0 && ++this.#emptyFrames > MAX_EMPTY_FRAMES) throw new ConnectionError(ENHANCE_YOUR_CALM, 'too many frames without content');
    this.#takeFromWindow(size);
    const stream = this.#streams.get(id);
    this.#dataStream = undefined;
    if (stream === undefined) {
      this.#expectNotIdle(id);
      if (!this.#resetByUs.has(id) && !this.#isClosing) this.#writeReset(id, STREAM_CLOSED);
      return;
    }
    if (stream.isRequestComplete) {
      this.resetStream(stream, STREAM_CLOSED);
      return;
    }
    stream.receiveWindow -= size;
    if (stream.receiveWindow < 0) {
      this.resetStream(stream, FLOW_CONTROL_ERROR);
      return;
    }
    stream.unreported += size;
    this.#dataStream = stream;
  }

  takeData(bytes: Uint8Array, from: number, to: number): void {
    const stream = this.#dataStream;
    if (stream === undefined || stream.isClosed) return;
    if (stream.contentLeft !== undefined) {
      stream.contentLeft -= to - from;
      if (stream.contentLeft < 0) {
        this.resetStream(stream, PROTOCOL_ERROR);
        return;
      }
    }
    stream.handler?.contentReceived(bytes, from, to);
  }

  endData(isEndOfStream: boolean): void {
    const stream = this.#dataStream;
    if (stream === undefined || stream.isClosed) return;
    if (isEndOfStream) {
      this.#completeRequest(stream);
    } else if (2 * stream.unreported >= this.#limits.windowBytes) {
      this.#writer.windowUpdate(stream.id, stream.unreported);
      stream.receiveWindow += stream.unreported;
      stream.unreported = 0;
    }
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
        this.#takeReset(stream, to - from);
        break;
      case PRIORITY:
        this.#takePriority(stream, bytes, from, to);
        break;
      case GOAWAY:
        if (stream !== 0) throw new ConnectionError(PROTOCOL_ERROR, 'GOAWAY on a stream');
        break;
      case PUSH_PROMISE:
        throw new ConnectionError(PROTOCOL_ERROR, 'a client pushes nothing');
      default:
        // Types that are not known are passed over (section 5.5).
        break;
    }
  }

  #takeHeaders(headers: StreamHeaders | undefined): void {
    if (headers === undefined) return;
    const { stream: id, list, isEndOfStream } = headers;
    const known = this.#streams.get(id);
    if (known !== undefined) this.#takeTrailers(known, list, isEndOfStream);
    else if (id > this.#lastStream) this.#openStream(id, list, isEndOfStream);
    else if (!this.#resetByUs.has(id)) throw new ConnectionError(STREAM_CLOSED, `HEADERS on stream ${id}, which is closed`);
  }

  #openStream(id: number, headers: HeaderList, isEndOfStream: boolean): void {
    // It is not among those that GOAWAY said would be answered: the client sends it elsewhere.
    if (this.#isClosing) return;
    this.#lastStream = id;
    const { maxConcurrentStreams, windowBytes } = this.#limits;
    if (maxConcurrentStreams !== undefined && this.#streams.size >= maxConcurrentStreams) {
      this.#writeReset(id, REFUSED_STREAM);
      return;
    }
    const stream = new Http2Stream(id, this, windowBytes, this.#peer.initialWindowBytes);
    stream.isRequestComplete = isEndOfStream;
    if (headers.isTooLarge) {
      this.#streams.set(id, stream);
      stream.sendHeaders(TOO_LARGE_HEADERS, true);
      return;
    }
    if (headers !== this.#rightHeaders) {
      if (requestMistake(headers) !== undefined) {
        this.#writeReset(id, PROTOCOL_ERROR);
        return;
      }
      this.#rightHeaders = headers;
    }
    const contentLength = fieldValue(headers, 'content-length');
    if (contentLength !== undefined) stream.contentLeft = Number(contentLength);
    this.#streams.set(id, stream);
    stream.handler = this.#handler.streamOpened(stream, headers);
    if (stream.isClosed) stream.handler.streamClosed();
    else if (isEndOfStream) this.#completeRequest(stream);
  }

  #takeTrailers(stream: Http2Stream, headers: HeaderList, isEndOfStream: boolean): void {
    if (stream.isRequestComplete) this.resetStream(stream, STREAM_CLOSED);
    else if (!isEndOfStream || headers.isTooLarge || trailersMistake(headers) !== undefined) this.resetStream(stream, PROTOCOL_ERROR);
    else this.#completeRequest(stream);
  }

  #completeRequest(stream: Http2Stream): void {
    stream.isRequestComplete = true;
    this.#emptyFrames = 0;
    // NaN, an announcement that is no number, differs from all.
    if (stream.contentLeft !== undefined && stream.contentLeft !== 0) this.resetStream(stream, PROTOCOL_ERROR);
    else stream.handler?.requestComplete();
  }

  #takeSettings(flags: number, stream: number, bytes: Uint8Array, from: number, to: number): void {
    if (stream !== 0) throw new ConnectionError(PROTOCOL_ERROR, 'SETTINGS on a stream');
    if ((flags & ACK) !== 0) {
      if (to > from) throw new ConnectionError(FRAME_SIZE_ERROR, 'an acknowledgement of SETTINGS has no content');
      this.#expectSettings();
      return;
    }
    const before = this.#peer.initialWindowBytes;
    this.#peer.take(bytes, from, to);
    this.#countAck();
    this.#writer.settingsAck();
    if (!this.#hasSettings) {
      this.#hasSettings = true;
      this.#handler.settingsReceived();
    }
    const change = this.#peer.initialWindowBytes - before;
    if (change === 0) return;
    for (const open of this.#streams.values()) this.#growSendWindow(open, change);
  }

  #takePing(flags: number, stream: number, bytes: Uint8Array, from: number, to: number): void {
    if (stream !== 0) throw new ConnectionError(PROTOCOL_ERROR, 'PING on a stream');
    if (to - from !== PING_CONTENT.length) throw new ConnectionError(FRAME_SIZE_ERROR, `PING with ${to - from} bytes`);
    if ((flags & ACK) === 0) {
      this.#countAck();
      this.#writer.ping(true, bytes.subarray(from, to));
      this.#handler.pingReceived();
      return;
    }
    const onPong = this.#onPong;
    this.#onPong = undefined;
    onPong?.();
  }

  /** Answers to what costs a client nothing pile up where it reads none of them (CVE-2019-9512, CVE-2019-9515). */
  #countAck(): void {
    if (this.#output.isDrained) this.#unreadAcks = 0;
    if (++this.#unreadAcks > MAX_UNREAD_ACKS) throw new ConnectionError(ENHANCE_YOUR_CALM, 'too much is left unread');
  }

  #takeWindowUpdate(id: number, bytes: Uint8Array, from: number, to: number): void {
    if (to - from !== 4) throw new ConnectionError(FRAME_SIZE_ERROR, `WINDOW_UPDATE with ${to - from} bytes`);
    const size = readUint31(bytes, from);
    if (id === 0) {
      if (size === 0) throw new ConnectionError(PROTOCOL_ERROR, 'WINDOW_UPDATE by nothing');
      this.#sendWindow += size;
      if (this.#sendWindow > MAX_WINDOW_BYTES) throw new ConnectionError(FLOW_CONTROL_ERROR, 'the window of the connection is too large');
      this.#sendBlocked();
      return;
    }
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      this.#expectNotIdle(id);
    } else if (size === 0) {
      this.resetStream(stream, PROTOCOL_ERROR);
    } else {
      this.#growSendWindow(stream, size);
    }
  }

  #takeReset(id: number, size: number): void {
    if (size !== 4) throw new ConnectionError(FRAME_SIZE_ERROR, `RST_STREAM with ${size} bytes`);
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      this.#expectNotIdle(id);
      return;
    }
    this.#closeStream(stream);
    const now = this.#clock.monotonic();
    if (this.#resets.available(now) < 1) throw new ConnectionError(ENHANCE_YOUR_CALM, 'too many requests are taken back');
    this.#resets.spend(1);
  }

  #takePriority(stream: number, bytes: Uint8Array, from: number, to: number): void {
    if (stream === 0) throw new ConnectionError(PROTOCOL_ERROR, 'PRIORITY without a stream');
    const open = this.#streams.get(stream);
    if (to - from !== PRIORITY_BYTES) {
      if (open === undefined) this.#writeReset(stream, FRAME_SIZE_ERROR);
      else this.resetStream(open, FRAME_SIZE_ERROR);
    } else if (readUint31(bytes, from) === stream) {
      throw new ConnectionError(PROTOCOL_ERROR, 'a stream depends on itself');
    }
  }

  #takeFromWindow(size: number): void {
    this.#receiveWindow -= size;
    if (this.#receiveWindow < 0) throw new ConnectionError(FLOW_CONTROL_ERROR, 'more was sent than the window of the connection has room for');
    this.#unreported += size;
    if (2 * this.#unreported < this.#limits.windowBytes) return;
    this.#writer.windowUpdate(0, this.#unreported);
    this.#receiveWindow += this.#unreported;
    this.#unreported = 0;
  }

  #growSendWindow(stream: Http2Stream, size: number): void {
    stream.sendWindow += size;
    if (stream.sendWindow > MAX_WINDOW_BYTES) this.resetStream(stream, FLOW_CONTROL_ERROR);
    else stream.sendWaiting();
  }

  #sendBlocked(): void {
    for (const stream of this.#blocked) {
      if (this.#sendWindow <= 0) return;
      this.#blocked.delete(stream);
      stream.sendWaiting();
    }
  }

  #expectNoContinuation(): void {
    if (this.#headers.isWithinBlock) throw new ConnectionError(PROTOCOL_ERROR, 'a header block is interrupted');
  }

  #expectSettings(): void {
    if (!this.#hasSettings) throw new ConnectionError(PROTOCOL_ERROR, 'SETTINGS did not come first');
  }

  #expectNotIdle(id: number): void {
    if (id === 0 || id % 2 === 0 || (id > this.#lastStream && !this.#isClosing)) throw new ConnectionError(PROTOCOL_ERROR, `stream ${id} was never opened`);
  }

  #writeReset(id: number, code: number): void {
    this.#writer.rstStream(id, code);
    if (this.#resetByUs.size === MAX_REMEMBERED_RESETS) {
      for (const oldest of this.#resetByUs) {
        this.#resetByUs.delete(oldest);
        break;
      }
    }
    this.#resetByUs.add(id);
  }

  #closeStream(stream: Http2Stream): void {
    if (stream.isClosed) return;
    stream.isClosed = true;
    this.#streams.delete(stream.id);
    this.#blocked.delete(stream);
    stream.handler?.streamClosed();
    this.#endIfDone();
  }

  #closeStreams(): void {
    for (const stream of this.#streams.values()) this.#closeStream(stream);
  }

  #greet(): void {
    const { windowBytes, maxConcurrentStreams } = this.#limits;
    this.#writer.settings([
      [INITIAL_WINDOW_SIZE, windowBytes],
      [MAX_HEADER_LIST_SIZE, MAX_HEADER_LIST_BYTES],
      ...(maxConcurrentStreams === undefined ? [] : [[MAX_CONCURRENT_STREAMS, maxConcurrentStreams] as const]),
    ]);
    this.#writer.windowUpdate(0, windowBytes - DEFAULT_WINDOW_BYTES);
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

  #endIfDone(): void {
    if (this.#isClosing && this.#streams.size === 0) this.#end();
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
    this.#isClosing = true;
    this.#closeStreams();
    this.#handler.connectionClosed();
  }
}

const PING_CONTENT = Buffer.from('tailrace');
