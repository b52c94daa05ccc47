import { MAX_FRAME_BYTES } from './frames.ts';

/** What becomes of a request: told in the order in which it comes, `streamClosed` at last and once, whoever ended it. */
export interface StreamHandler {
  /** More of the content; the bytes are lent for the time of the call. */
  contentReceived(bytes: Uint8Array, from: number, to: number): void;
  requestComplete(): void;
  streamClosed(): void;
}

/** Writes for its streams. */
export interface StreamOwner {
  sendHeaders(stream: Http2Stream, block: Uint8Array, isEndOfStream: boolean): void;
  /** As much of `bytes[from, from + size)` as the connection's window has room for; returns how much that was. */
  sendData(stream: Http2Stream, bytes: Uint8Array, from: number, size: number): number;
  /** Its answer is complete. */
  answerComplete(stream: Http2Stream): void;
}

/**
 * One request and its answer (RFC 9113, section 5). The answer is written by whoever handles the request: headers, content
 * in pieces, trailers; what the client's windows have no room for waits here.
 */
export class Http2Stream {
  readonly id: number;
  readonly #owner: StreamOwner;
  handler: StreamHandler | undefined;
  /** Bytes that the client has sent and not been given room for again. */
  unreported = 0;
  /** Bytes that the client has room for; less than none where it has made its windows smaller. */
  sendWindow: number;
  /** Bytes of content that the client has announced and not sent; undefined: it announced nothing. */
  contentLeft: number | undefined;
  isRequestComplete = false;
  isAnswerComplete = false;
  isClosed = false;
  /** Content that waits for a window, and the trailers behind it. */
  readonly #waiting: Uint8Array[] = [];
  /** How much of the first of them has been sent. */
  #sentOfFirst = 0;
  #trailers: Uint8Array | undefined;

  constructor(id: number, owner: StreamOwner, sendWindow: number) {
    this.id = id;
    this.#owner = owner;
    this.sendWindow = sendWindow;
  }

  /** `block` is as of `encodeHeaderBlock`; `isLast`: the answer is nothing but these. */
  sendHeaders(block: Uint8Array, isLast = false): void {
    if (this.isClosed || this.isAnswerComplete) return;
    this.#owner.sendHeaders(this, block, isLast);
    if (isLast) this.#complete();
  }

  /** `bytes` belong to the stream from now on. */
  sendData(bytes: Uint8Array): void {
    if (this.isClosed || this.isAnswerComplete) return;
    const sent = this.#waiting.length === 0 ? this.#sendPiece(bytes, 0) : 0;
    if (sent === bytes.length) return;
    if (this.#waiting.length === 0) this.#sentOfFirst = sent;
    this.#waiting.push(bytes);
  }

  /** Ends the answer. */
  sendTrailers(block: Uint8Array): void {
    if (this.isClosed || this.isAnswerComplete) return;
    if (this.#waiting.length > 0) {
      this.#trailers = block;
      return;
    }
    this.#owner.sendHeaders(this, block, true);
    this.#complete();
  }

  /** A window has grown: sends what it has room for. */
  sendWaiting(): void {
    for (let first = this.#waiting[0]; first !== undefined && !this.isClosed; first = this.#waiting[0]) {
      this.#sentOfFirst += this.#sendPiece(first, this.#sentOfFirst);
      if (this.#sentOfFirst < first.length) return;
      this.#sentOfFirst = 0;
      this.#waiting.shift();
    }
    if (this.#trailers !== undefined && !this.isClosed) this.sendTrailers(this.#trailers);
  }

  #sendPiece(bytes: Uint8Array, from: number): number {
    let at = from;
    // A stream whose own window is full is not the connection's matter: it goes on when that window grows.
    while (at < bytes.length && this.sendWindow > 0) {
      const sent = this.#owner.sendData(this, bytes, at, Math.min(bytes.length - at, MAX_FRAME_BYTES, this.sendWindow));
      if (sent === 0) break;
      this.sendWindow -= sent;
      at += sent;
    }
    return at - from;
  }

  #complete(): void {
    this.isAnswerComplete = true;
    this.#owner.answerComplete(this);
  }
}
