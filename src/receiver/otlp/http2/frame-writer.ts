import {
  ACK,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  FRAME_HEADER_BYTES,
  GOAWAY,
  HEADERS,
  MAX_FRAME_BYTES,
  PING,
  RST_STREAM,
  SETTINGS,
  SETTING_BYTES,
  WINDOW_UPDATE,
} from './frames.ts';

const INITIAL_BYTES = 1024;
const NOTHING = Buffer.alloc(0);

/**
 * Collects what is to be sent on a connection, so that the answers to all that one read brought leave in one write. Between
 * writes it has no buffer: most connections are idle most of the time.
 */
export class FrameWriter {
  #bytes = NOTHING;
  #size = 0;

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** What has been collected, which the caller owns; nothing is left. */
  take(): Buffer {
    const bytes = this.#bytes.subarray(0, this.#size);
    this.#bytes = NOTHING;
    this.#size = 0;
    return bytes;
  }

  /** `block` is a whole header block, as long as it may be. */
  headers(stream: number, block: Uint8Array, isEndOfStream: boolean): void {
    let at = Math.min(block.length, MAX_FRAME_BYTES);
    this.#begin(HEADERS, (isEndOfStream ? END_STREAM : 0) | (at === block.length ? END_HEADERS : 0), stream, at);
    this.#append(block, 0, at);
    while (at < block.length) {
      const to = Math.min(block.length, at + MAX_FRAME_BYTES);
      this.#begin(CONTINUATION, to === block.length ? END_HEADERS : 0, stream, to - at);
      this.#append(block, at, to);
      at = to;
    }
  }

  /** Never the last frame of a stream, which trailers end. `to - from` is at most `MAX_FRAME_BYTES`. */
  data(stream: number, bytes: Uint8Array, from: number, to: number): void {
    this.#begin(DATA, 0, stream, to - from);
    this.#append(bytes, from, to);
  }

  settings(settings: readonly (readonly [id: number, value: number])[]): void {
    this.#begin(SETTINGS, 0, 0, settings.length * SETTING_BYTES);
    for (const [id, value] of settings) {
      this.#size = this.#bytes.writeUInt16BE(id, this.#size);
      this.#uint32(value);
    }
  }

  settingsAck(): void {
    this.#begin(SETTINGS, ACK, 0, 0);
  }

  /** `content` are 8 bytes. */
  ping(isAck: boolean, content: Uint8Array): void {
    this.#begin(PING, isAck ? ACK : 0, 0, content.length);
    this.#append(content, 0, content.length);
  }

  goaway(lastStream: number, code: number, text = ''): void {
    const bytes = Buffer.from(text);
    this.#begin(GOAWAY, 0, 0, 8 + bytes.length);
    this.#uint32(lastStream);
    this.#uint32(code);
    this.#append(bytes, 0, bytes.length);
  }

  windowUpdate(stream: number, size: number): void {
    this.#begin(WINDOW_UPDATE, 0, stream, 4);
    this.#uint32(size);
  }

  rstStream(stream: number, code: number): void {
    this.#begin(RST_STREAM, 0, stream, 4);
    this.#uint32(code);
  }

  #begin(type: number, flags: number, stream: number, size: number): void {
    this.#reserve(FRAME_HEADER_BYTES + size);
    const bytes = this.#bytes;
    let at = this.#size;
    bytes[at++] = size >>> 16;
    bytes[at++] = size >>> 8;
    bytes[at++] = size;
    bytes[at++] = type;
    bytes[at++] = flags;
    this.#size = at;
    this.#uint32(stream);
  }

  #uint32(value: number): void {
    const bytes = this.#bytes;
    bytes[this.#size++] = value >>> 24;
    bytes[this.#size++] = value >>> 16;
    bytes[this.#size++] = value >>> 8;
    bytes[this.#size++] = value;
  }

  /** Pieces here are a few bytes; a loop over them costs less than a view for `set` (bench, 1 span a request). */
  #append(bytes: Uint8Array, from: number, to: number): void {
    if (to - from > 128) {
      this.#bytes.set(bytes.subarray(from, to), this.#size);
      this.#size += to - from;
      return;
    }
    for (let i = from; i < to; i++) this.#bytes[this.#size++] = bytes[i]!;
  }

  #reserve(size: number): void {
    if (this.#size + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(INITIAL_BYTES, this.#size + size, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#size);
    this.#bytes = larger;
  }
}
