import {
  COMPRESSION_ERROR,
  ConnectionError,
  END_HEADERS,
  END_STREAM,
  ENHANCE_YOUR_CALM,
  FRAME_SIZE_ERROR,
  PADDED,
  PROTOCOL_ERROR,
  WITH_PRIORITY,
  readUint31,
} from './frames.ts';
import { HpackDecoder, HpackError, type HeaderList } from './hpack-decoder.ts';

/** The table that the client's header compression may use: what HTTP/2 begins with. */
const HEADER_TABLE_BYTES = 4096;
/** Longest list of header fields, by the count of RFC 9113, section 6.5.2. */
export const MAX_HEADER_LIST_BYTES = 64 * 1024;
/** Compressed, and in so many frames: who sends more wants to keep us busy (VU#421644). */
const MAX_BLOCK_BYTES = 128 * 1024;
const MAX_FRAMES = 64;

/** What PRIORITY says, and HEADERS may say first (section 6.3). */
export const PRIORITY_BYTES = 5;

/** A header block that is complete. */
export interface StreamHeaders {
  readonly stream: number;
  readonly list: HeaderList;
  readonly isEndOfStream: boolean;
}

/**
 * Puts header blocks together from HEADERS and the CONTINUATION frames behind them, and decodes them (sections 4.3, 6.2 and
 * 6.10). All are decoded, wanted or not, since each may change the table that the next one is read with.
 */
export class HeaderBlockReader {
  readonly #decoder = new HpackDecoder(HEADER_TABLE_BYTES);
  /** The stream of the block that is not complete; 0: there is none. */
  #stream = 0;
  #flags = 0;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** Whether nothing but CONTINUATION may come. */
  get isWithinBlock(): boolean {
    return this.#stream !== 0;
  }

  /**
   * Takes a HEADERS frame; undefined when more of its block is to come.
   *
   * @throws ConnectionError
   */
  takeHeaders(flags: number, stream: number, bytes: Uint8Array, from: number, to: number): StreamHeaders | undefined {
    if (stream % 2 === 0) throw new ConnectionError(PROTOCOL_ERROR, `a client opens no stream ${stream}`);
    let at = from;
    let end = to;
    if ((flags & PADDED) !== 0) {
      if (at === end) throw new ConnectionError(FRAME_SIZE_ERROR, 'a padded frame does not say how long its padding is');
      end -= bytes[at++]!;
    }
    if ((flags & WITH_PRIORITY) !== 0) {
      if (to - at < PRIORITY_BYTES) throw new ConnectionError(FRAME_SIZE_ERROR, 'the priority of a stream is cut short');
      if (readUint31(bytes, at) === stream) throw new ConnectionError(PROTOCOL_ERROR, 'a stream depends on itself');
      at += PRIORITY_BYTES;
    }
    if (end < at) throw new ConnectionError(PROTOCOL_ERROR, 'the padding of a frame is longer than the frame');
    if ((flags & END_HEADERS) !== 0) return this.#decode(stream, flags, bytes, at, end);
    this.#stream = stream;
    this.#flags = flags;
    this.#keep(bytes, at, end);
    return undefined;
  }

  /**
   * Takes a CONTINUATION frame; undefined when more is to come.
   *
   * @throws ConnectionError
   */
  takeContinuation(flags: number, stream: number, bytes: Uint8Array, from: number, to: number): StreamHeaders | undefined {
    if (stream === 0 || stream !== this.#stream) throw new ConnectionError(PROTOCOL_ERROR, 'CONTINUATION of nothing');
    this.#keep(bytes, from, to);
    if ((flags & END_HEADERS) === 0) return undefined;
    const block = Buffer.concat(this.#parts, this.#bytes);
    this.#parts = [];
    this.#bytes = 0;
    this.#stream = 0;
    return this.#decode(stream, this.#flags, block, 0, block.length);
  }

  #keep(bytes: Uint8Array, from: number, to: number): void {
    this.#bytes += to - from;
    if (this.#bytes > MAX_BLOCK_BYTES || this.#parts.length === MAX_FRAMES) throw new ConnectionError(ENHANCE_YOUR_CALM, 'a header block without end');
    this.#parts.push(Buffer.from(bytes.subarray(from, to)));
  }

  #decode(stream: number, flags: number, bytes: Uint8Array, from: number, to: number): StreamHeaders {
    try {
      const list = this.#decoder.decode(bytes, from, to, MAX_HEADER_LIST_BYTES);
      return { stream, list, isEndOfStream: (flags & END_STREAM) !== 0 };
    } catch (error) {
      throw error instanceof HpackError ? new ConnectionError(COMPRESSION_ERROR, error.message) : error;
    }
  }
}
