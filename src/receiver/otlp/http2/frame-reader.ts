import {
  ConnectionError,
  DATA,
  END_STREAM,
  FRAME_HEADER_BYTES,
  FRAME_SIZE_ERROR,
  MAX_FRAME_BYTES,
  PADDED,
  PREFACE,
  PROTOCOL_ERROR,
  readUint31,
} from './frames.ts';

/** Takes what a reader finds, in the order in which it came. Bytes are lent for the time of the call. */
export interface FrameSink {
  /** A whole frame that is not DATA; its content is `bytes[from, to)`. */
  takeFrame(type: number, flags: number, stream: number, bytes: Uint8Array, from: number, to: number): void;
  /** A DATA frame begins; `size` is what it takes of the windows, padding included. */
  beginData(stream: number, size: number, isEndOfStream: boolean): void;
  /** A part of its content. */
  takeData(bytes: Uint8Array, from: number, to: number): void;
  endData(): void;
}

const IN_PREFACE = 0;
const IN_HEADER = 1;
const IN_FRAME = 2;
const BEFORE_PADDING = 3;
const IN_DATA = 4;
const IN_PADDING = 5;

/**
 * Cuts what a client sends into frames. Content of DATA is handed on as it comes; other frames, which are small, are put
 * together first where a read ends within them.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  #state = IN_PREFACE;
  /** Bytes of the preface that have come. */
  #prefaceSize = 0;
  /** A header or the content of a frame of which only a part has come. */
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES);
  #headerSize = 0;
  #content: Buffer | undefined;
  #contentSize = 0;
  #type = 0;
  #flags = 0;
  #stream = 0;
  /** Content bytes of the frame still to come, padding not counted. */
  #left = 0;
  #paddingLeft = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /**
   * Takes the next `bytes[0, end)` of the connection.
   *
   * @throws ConnectionError
   */
  read(bytes: Uint8Array, end: number): void {
    let at = 0;
    // A frame or a part of it may have no bytes at all: then there is something to do at the end, too.
    for (;;) {
      switch (this.#state) {
        case IN_PREFACE:
          at = this.#readPreface(bytes, at, end);
          if (this.#state === IN_PREFACE) return;
          break;
        case IN_HEADER:
          if (at === end) return;
          at = this.#readHeader(bytes, at, end);
          if (this.#state === IN_HEADER) return;
          break;
        case IN_FRAME:
          at = this.#readFrame(bytes, at, end);
          if (this.#state === IN_FRAME) return;
          break;
        case BEFORE_PADDING:
          if (at === end) return;
          this.#beginPadded(bytes[at++]!);
          break;
        case IN_DATA:
          at = this.#readData(bytes, at, end);
          if (this.#state === IN_DATA) return;
          break;
        case IN_PADDING: {
          const size = Math.min(this.#paddingLeft, end - at);
          at += size;
          this.#paddingLeft -= size;
          if (this.#paddingLeft > 0) return;
          this.#endData();
          break;
        }
        default:
          return;
      }
    }
  }

  #readPreface(bytes: Uint8Array, at: number, end: number): number {
    while (at < end && this.#prefaceSize < PREFACE.length) {
      if (bytes[at++] !== PREFACE[this.#prefaceSize++]) throw new ConnectionError(PROTOCOL_ERROR, 'this is no HTTP/2');
    }
    if (this.#prefaceSize === PREFACE.length) this.#state = IN_HEADER;
    return at;
  }

  #readHeader(bytes: Uint8Array, at: number, end: number): number {
    if (this.#headerSize === 0 && end - at >= FRAME_HEADER_BYTES) {
      this.#beginFrame(bytes, at);
      return at + FRAME_HEADER_BYTES;
    }
    while (at < end && this.#headerSize < FRAME_HEADER_BYTES) this.#header[this.#headerSize++] = bytes[at++]!;
    if (this.#headerSize === FRAME_HEADER_BYTES) {
      this.#headerSize = 0;
      this.#beginFrame(this.#header, 0);
    }
    return at;
  }

  #beginFrame(bytes: Uint8Array, at: number): void {
    const size = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    if (size > MAX_FRAME_BYTES) throw new ConnectionError(FRAME_SIZE_ERROR, `a frame of ${size} bytes is larger than ${MAX_FRAME_BYTES}`);
    this.#type = bytes[at + 3]!;
    this.#flags = bytes[at + 4]!;
    this.#stream = readUint31(bytes, at + 5);
    this.#left = size;
    if (this.#type !== DATA) {
      this.#state = IN_FRAME;
      return;
    }
    this.#sink.beginData(this.#stream, size, (this.#flags & END_STREAM) !== 0);
    this.#state = (this.#flags & PADDED) === 0 ? IN_DATA : BEFORE_PADDING;
    if (this.#state === BEFORE_PADDING && size === 0) throw new ConnectionError(FRAME_SIZE_ERROR, 'a padded frame has no length of its padding');
  }

  #readFrame(bytes: Uint8Array, at: number, end: number): number {
    if (this.#content === undefined) {
      const frameEnd = at + this.#left;
      if (frameEnd <= end) {
        this.#state = IN_HEADER;
        this.#sink.takeFrame(this.#type, this.#flags, this.#stream, bytes, at, frameEnd);
        return frameEnd;
      }
      this.#content = Buffer.allocUnsafe(this.#left);
      this.#contentSize = 0;
    }
    const content = this.#content;
    const size = Math.min(this.#left, end - at);
    content.set(bytes.subarray(at, at + size), this.#contentSize);
    this.#contentSize += size;
    this.#left -= size;
    if (this.#left === 0) {
      this.#content = undefined;
      this.#state = IN_HEADER;
      this.#sink.takeFrame(this.#type, this.#flags, this.#stream, content, 0, content.length);
    }
    return at + size;
  }

  #beginPadded(padding: number): void {
    this.#left--;
    if (padding > this.#left) throw new ConnectionError(PROTOCOL_ERROR, 'the padding of a frame is longer than the frame');
    this.#left -= padding;
    this.#paddingLeft = padding;
    this.#state = IN_DATA;
  }

  #readData(bytes: Uint8Array, at: number, end: number): number {
    const size = Math.min(this.#left, end - at);
    if (size > 0) this.#sink.takeData(bytes, at, at + size);
    this.#left -= size;
    if (this.#left === 0) {
      if (this.#paddingLeft > 0) this.#state = IN_PADDING;
      else this.#endData();
    }
    return at + size;
  }

  #endData(): void {
    this.#state = IN_HEADER;
    this.#sink.endData();
  }
}
