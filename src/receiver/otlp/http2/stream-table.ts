import type { FloodGuard } from './flood-guard.ts';
import type { FrameOutput } from './frame-output.ts';
import {
  ConnectionError,
  DEFAULT_WINDOW_BYTES,
  FLOW_CONTROL_ERROR,
  MAX_WINDOW_BYTES,
  NO_ERROR,
  PROTOCOL_ERROR,
  REFUSED_STREAM,
  STREAM_CLOSED,
} from './frames.ts';
import type { StreamHeaders } from './header-block-reader.ts';
import type { HeaderList } from './hpack-decoder.ts';
import { encodeHeaderBlock } from './hpack-encoder.ts';
import { Http2Stream, type StreamHandler, type StreamOwner } from './http2-stream.ts';
import type { PeerSettings } from './peer-settings.ts';
import { RecentResets } from './recent-resets.ts';
import { fieldValue, requestMistake, trailersMistake } from './request-fields.ts';

const TOO_LARGE_HEADERS = encodeHeaderBlock([[':status', '431']]);

export interface Http2Limits {
  /** The window of each stream and of the connection, 65,535 (with which HTTP/2 begins) or more. */
  readonly windowBytes: number;
  /** undefined: no limit. */
  readonly maxConcurrentStreams: number | undefined;
}

/** The connection whose streams these are. */
export interface StreamTableOwner {
  streamOpened(stream: Http2Stream, headers: HeaderList): StreamHandler;
  /** The last stream is over, and no more are taken. */
  streamsEnded(): void;
}

/**
 * The streams of one connection (RFC 9113, section 5): from the frames of requests to their handlers, and from these to as
 * much of the answers as the client's windows have room for.
 *
 * What is the client's fault ends the stream, or, thrown as ConnectionError, the connection.
 */
export class StreamTable implements StreamOwner {
  readonly #output: FrameOutput;
  readonly #settings: PeerSettings;
  readonly #floods: FloodGuard;
  readonly #limits: Http2Limits;
  readonly #owner: StreamTableOwner;
  /** Those that are open, and those whose answer is not complete. */
  readonly #streams = new Map<number, Http2Stream>();
  /** Streams whose answer waits for the window of the connection. */
  readonly #blocked = new Set<Http2Stream>();
  readonly #resets = new RecentResets();
  #lastId = 0;
  #isRefusing = false;
  /** Bytes that the client has sent and not been given room for again. */
  #unreported = 0;
  #sendWindow = DEFAULT_WINDOW_BYTES;
  /** The stream of the DATA frame being read; undefined when nobody wants it. */
  #dataStream: Http2Stream | undefined;
  #isLastData = false;
  /** The last request headers that were found right: most requests of a connection have the same. */
  #rightHeaders: HeaderList | undefined;

  constructor(output: FrameOutput, settings: PeerSettings, floods: FloodGuard, limits: Http2Limits, owner: StreamTableOwner) {
    this.#output = output;
    this.#settings = settings;
    this.#floods = floods;
    this.#limits = limits;
    this.#owner = owner;
  }

  get isEmpty(): boolean {
    return this.#streams.size === 0;
  }

  /** The greatest that the client has opened. */
  get lastId(): number {
    return this.#lastId;
  }

  /** From now on requests that begin are passed over: the client was told that they are not answered. */
  refuseMore(): void {
    this.#isRefusing = true;
  }

  /** Ends all streams without a word, for the connection ends. */
  closeAll(): void {
    for (const stream of this.#streams.values()) this.#close(stream);
  }

  // What handlers send.

  sendHeaders(stream: Http2Stream, block: Uint8Array, isEndOfStream: boolean): void {
    this.#output.frames.headers(stream.id, block, isEndOfStream);
    this.#output.written();
  }

  sendData(stream: Http2Stream, bytes: Uint8Array, from: number, size: number): number {
    const sent = Math.min(size, this.#sendWindow);
    if (sent === 0) {
      this.#blocked.add(stream);
      return 0;
    }
    this.#sendWindow -= sent;
    this.#output.frames.data(stream.id, bytes, from, from + sent);
    this.#output.written();
    return sent;
  }

  answerComplete(stream: Http2Stream): void {
    // What the client still sends of an answered request is of no use (section 8.1).
    if (!stream.isRequestComplete) this.#reset(stream.id, NO_ERROR);
    this.#close(stream);
  }

  // What the client sends.

  takeHeaders({ stream: id, list, isEndOfStream }: StreamHeaders): void {
    const known = this.#streams.get(id);
    if (known !== undefined) this.#takeTrailers(known, list, isEndOfStream);
    else if (id > this.#lastId) this.#open(id, list, isEndOfStream);
    else if (!this.#resets.has(id)) throw new ConnectionError(STREAM_CLOSED, `HEADERS on stream ${id}, which is closed`);
  }

  beginData(id: number, size: number, isEndOfStream: boolean): void {
    if (id === 0) throw new ConnectionError(PROTOCOL_ERROR, 'DATA without a stream');
    if (size === 0 && !isEndOfStream) this.#floods.emptyFrame();
    this.#unreported += size;
    if (this.#isHalfUsed(this.#unreported)) {
      this.#output.frames.windowUpdate(0, this.#unreported);
      this.#unreported = 0;
    }
    this.#dataStream = undefined;
    this.#isLastData = isEndOfStream;
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      this.#expectNotIdle(id);
      if (!this.#resets.has(id) && !this.#isRefusing) this.#reset(id, STREAM_CLOSED);
      return;
    }
    stream.unreported += size;
    if (stream.isRequestComplete) this.#fail(stream, STREAM_CLOSED);
    else this.#dataStream = stream;
  }

  takeData(bytes: Uint8Array, from: number, to: number): void {
    const stream = this.#dataStream;
    if (stream === undefined || stream.isClosed) return;
    if (stream.contentLeft !== undefined) {
      stream.contentLeft -= to - from;
      if (stream.contentLeft < 0) {
        this.#fail(stream, PROTOCOL_ERROR);
        return;
      }
    }
    stream.handler?.contentReceived(bytes, from, to);
  }

  endData(): void {
    const stream = this.#dataStream;
    if (stream === undefined || stream.isClosed) return;
    if (this.#isLastData) {
      this.#completeRequest(stream);
    } else if (this.#isHalfUsed(stream.unreported)) {
      this.#output.frames.windowUpdate(stream.id, stream.unreported);
      stream.unreported = 0;
    }
  }

  takeReset(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      this.#expectNotIdle(id);
      return;
    }
    this.#close(stream);
    this.#floods.streamBroken();
  }

  /** WINDOW_UPDATE of a stream. */
  growWindow(id: number, size: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      this.#expectNotIdle(id);
      return;
    }
    stream.sendWindow += size;
    if (size === 0) this.#fail(stream, PROTOCOL_ERROR);
    else if (stream.sendWindow > MAX_WINDOW_BYTES) this.#fail(stream, FLOW_CONTROL_ERROR);
    else stream.sendWaiting();
  }

  /** WINDOW_UPDATE of the connection. */
  growConnectionWindow(size: number): void {
    if (size === 0) throw new ConnectionError(PROTOCOL_ERROR, 'WINDOW_UPDATE by nothing');
    this.#sendWindow += size;
    if (this.#sendWindow > MAX_WINDOW_BYTES) throw new ConnectionError(FLOW_CONTROL_ERROR, 'the window of the connection is too large');
    for (const stream of this.#blocked) {
      if (this.#sendWindow === 0) return;
      this.#blocked.delete(stream);
      stream.sendWaiting();
    }
  }

  /** The window that each stream begins with has been changed by so much, which may leave less than none (section 6.9.2). */
  shiftWindows(change: number): void {
    for (const stream of this.#streams.values()) {
      stream.sendWindow += change;
      if (stream.sendWindow > MAX_WINDOW_BYTES) throw new ConnectionError(FLOW_CONTROL_ERROR, `the window of stream ${stream.id} is too large`);
      if (change > 0) stream.sendWaiting();
    }
  }

  #open(id: number, headers: HeaderList, isEndOfStream: boolean): void {
    if (this.#isRefusing) return;
    this.#lastId = id;
    const { maxConcurrentStreams } = this.#limits;
    if (maxConcurrentStreams !== undefined && this.#streams.size >= maxConcurrentStreams) {
      this.#reset(id, REFUSED_STREAM);
      return;
    }
    const stream = new Http2Stream(id, this, this.#settings.initialWindowBytes);
    stream.isRequestComplete = isEndOfStream;
    this.#streams.set(id, stream);
    if (headers.isTooLarge) {
      stream.sendHeaders(TOO_LARGE_HEADERS, true);
      return;
    }
    if (headers !== this.#rightHeaders) {
      if (requestMistake(headers) !== undefined) {
        this.#fail(stream, PROTOCOL_ERROR);
        return;
      }
      this.#rightHeaders = headers;
    }
    const contentLength = fieldValue(headers, 'content-length');
    if (contentLength !== undefined) stream.contentLeft = Number(contentLength);
    stream.handler = this.#owner.streamOpened(stream, headers);
    // It may have been answered at once.
    if (stream.isClosed) stream.handler.streamClosed();
    else if (isEndOfStream) this.#completeRequest(stream);
  }

  #takeTrailers(stream: Http2Stream, headers: HeaderList, isEndOfStream: boolean): void {
    if (stream.isRequestComplete) this.#fail(stream, STREAM_CLOSED);
    else if (!isEndOfStream || headers.isTooLarge || trailersMistake(headers) !== undefined) this.#fail(stream, PROTOCOL_ERROR);
    else this.#completeRequest(stream);
  }

  #completeRequest(stream: Http2Stream): void {
    stream.isRequestComplete = true;
    this.#floods.requestCompleted();
    // NaN, an announcement that is no number, differs from all.
    if (stream.contentLeft !== undefined && stream.contentLeft !== 0) this.#fail(stream, PROTOCOL_ERROR);
    else stream.handler?.requestComplete();
  }

  /**
   * Whether it is time to give a window back. As that leaves room for another frame at all times, nobody can exceed a
   * window: what comes is read at once, and the windows are there for clients to know how much may be under way.
   */
  #isHalfUsed(unreported: number): boolean {
    return 2 * unreported >= this.#limits.windowBytes;
  }

  #expectNotIdle(id: number): void {
    // Those that are passed over do not count as opened.
    const isIdle = id > this.#lastId && !this.#isRefusing;
    if (id % 2 === 0 || isIdle) throw new ConnectionError(PROTOCOL_ERROR, `stream ${id} was never opened`);
  }

  /** Ends a stream on which the client did what it must not. */
  #fail(stream: Http2Stream, code: number): void {
    this.#reset(stream.id, code);
    this.#close(stream);
    this.#floods.streamBroken();
  }

  #reset(id: number, code: number): void {
    this.#output.frames.rstStream(id, code);
    this.#resets.add(id);
  }

  #close(stream: Http2Stream): void {
    stream.isClosed = true;
    this.#streams.delete(stream.id);
    this.#blocked.delete(stream);
    stream.handler?.streamClosed();
    if (this.#isRefusing && this.#streams.size === 0) this.#owner.streamsEnded();
  }
}
