import * as zlib from 'node:zlib';

/** Where plain bytes are written; what `take` gives has `size` bytes at least, and is given back once. */
export interface BufferSource {
  take(size: number): Uint8Array;
  give(buffer: Uint8Array): void;
}

/** The first `size` bytes of `buffer`. */
export interface Inflated {
  readonly buffer: Uint8Array;
  readonly size: number;
}

/** Where the output begins when less is expected. */
const MIN_FIRST_BYTES = 1024;

/** As `node:zlib` says it. */
class InflateError extends Error {
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** The binding of zlib inside a stream of `node:zlib`; private. */
interface Handle {
  reset(): void;
  writeSync(flush: number, input: Uint8Array, inputAt: number, inputSize: number, output: Uint8Array, outputAt: number, outputSize: number): void;
}

/**
 * Decompresses bodies one after the other with one state of zlib, into buffers that may be used again: `gunzipSync` makes
 * both anew for each, which is a third to half of what it costs (bench, otlp receiver with gzip).
 */
export class Inflater {
  readonly #handle: Handle;
  /** After a write: the room left in the output, the bytes left of the input. */
  readonly #state: Uint32Array;
  #error: InflateError | undefined;

  private constructor(handle: Handle, state: Uint32Array) {
    this.#handle = handle;
    this.#state = state;
    Object.assign(handle, {
      onerror: (message: string, _errno: number, code: string) => {
        this.#error = new InflateError(message, code);
      },
    });
  }

  /** Undefined where `node:zlib` looks different inside: bodies are then decompressed by its public functions. */
  static create(encoding: 'gzip' | 'deflate'): Inflater | undefined {
    const stream = encoding === 'gzip' ? zlib.createGunzip() : zlib.createInflate();
    const { _handle: handle, _writeState: state } = stream as unknown as { _handle?: Partial<Handle>; _writeState?: unknown };
    const isKnown = typeof handle?.reset === 'function' && typeof handle.writeSync === 'function' && state instanceof Uint32Array && state.length === 2;
    return isKnown ? new Inflater(handle as Handle, state) : undefined;
  }

  /**
   * What `body` was, as the first bytes of a buffer of `buffers` that is the caller's to give back; undefined when it is more
   * than `maxBytes`. `expectedBytes` is a guess: where it is too low, the buffer grows.
   *
   * @throws Error of zlib when `body` is damaged or cut short
   */
  inflate(body: Uint8Array, expectedBytes: number, maxBytes: number, buffers: BufferSource): Inflated | undefined {
    this.#handle.reset();
    // One byte more, which stays empty: a full buffer does not say whether that was all.
    let buffer = buffers.take(Math.min(maxBytes, Math.max(MIN_FIRST_BYTES, expectedBytes)) + 1);
    let size = 0;
    let at = 0;
    try {
      for (;;) {
        this.#write(body, at, buffer, size);
        const [roomLeft = 0, inputLeft = 0] = this.#state;
        size = buffer.length - roomLeft;
        at = body.length - inputLeft;
        if (size > maxBytes) break;
        // What has room left over is all there is.
        if (roomLeft > 0) return { buffer, size };
        const larger = buffers.take(Math.min(maxBytes + 1, 2 * buffer.length));
        larger.set(buffer);
        buffers.give(buffer);
        buffer = larger;
      }
    } catch (error) {
      buffers.give(buffer);
      throw error;
    }
    buffers.give(buffer);
    return undefined;
  }

  #write(body: Uint8Array, at: number, buffer: Uint8Array, size: number): void {
    this.#error = undefined;
    this.#handle.writeSync(zlib.constants.Z_FINISH, body, at, body.length - at, buffer, size, buffer.length - size);
    const error = this.#error as InflateError | undefined;
    if (error !== undefined) throw error;
  }
}
