import type { ReadStream } from 'node:fs';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ChunkReader } from '../../internal/chunk-reader.ts';
import { messageOf } from '../../internal/message-of.ts';
import { requestFromJson } from '../../pdata/json/request-json.ts';

/** A request as large as no receiver takes. */
const MAX_REQUEST_BYTES = 256 << 20;
const CHUNK_BYTES = 1 << 20;

const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const OPEN_BRACE = 0x7b;
/** The tag of ExportTraceServiceRequest.resource_spans. */
const RESOURCE_SPANS = 0x0a;
const LENGTH_BYTES = 4;

/** An ExportTraceServiceRequest and where it was recorded: `FILE:LINE`, or `FILE, request N`. */
export interface RecordedRequest {
  readonly bytes: Uint8Array;
  readonly place: string;
}

/** A recording cannot be read; the message says where and why. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}

/**
 * One file of recorded requests, as the Collector's `file` exporter writes them: OTLP/JSON, a request a line, or protobuf,
 * each request after its length in 4 bytes, big endian. A file that is one request in protobuf is taken, too. Any of them
 * may be compressed with gzip.
 */
export class Recording {
  readonly path: string;
  /** Bytes on disk. */
  readonly size: number;
  #file: ReadStream | undefined;

  private constructor(path: string, size: number) {
    this.path = path;
    this.size = size;
  }

  /** @throws RecordingError where there is no such file */
  static async open(path: string): Promise<Recording> {
    try {
      const { size } = await stat(path);
      return new Recording(path, size);
    } catch (cause) {
      throw failure(path, cause);
    }
  }

  /** Bytes of it that have been read. */
  get bytesRead(): number {
    return this.#file?.bytesRead ?? 0;
  }

  /** The requests in recorded order. Throws RecordingError at the first that cannot be read. */
  async *requests(): AsyncGenerator<RecordedRequest> {
    const reader = new ChunkReader(await this.#chunks(), MAX_REQUEST_BYTES);
    const start = await this.#at(this.path, () => reader.peek(LENGTH_BYTES));
    const first = start[0];
    if (first === undefined) return;
    if (first === OPEN_BRACE) yield* this.#jsonLines(reader);
    else if (first === RESOURCE_SPANS) yield { bytes: await this.#at(this.path, () => reader.takeAll()), place: this.path };
    else if (first < RESOURCE_SPANS) yield* this.#lengthPrefixed(reader);
    else throw failure(this.path, start.equals(ZSTD) ? 'compressed with zstd, which is not read; decompress it first' : NO_RECORDING);
  }

  async *#jsonLines(reader: ChunkReader): AsyncGenerator<RecordedRequest> {
    for (let number = 1; ; number++) {
      const place = `${this.path}:${number}`;
      const line = await this.#at(place, () => reader.takeLine());
      if (line === undefined) return;
      const text = line.toString('utf8').trim();
      if (text !== '') yield { bytes: await this.#at(place, () => requestFromJson('traces', text)), place };
    }
  }

  async *#lengthPrefixed(reader: ChunkReader): AsyncGenerator<RecordedRequest> {
    for (let number = 1; ; number++) {
      const place = `${this.path}, request ${number}`;
      const prefix = await this.#at(place, () => reader.take(LENGTH_BYTES));
      if (prefix.length === 0) return;
      const length = prefix.length === LENGTH_BYTES ? prefix.readUInt32BE() : 0;
      const bytes = await this.#at(place, () => reader.take(length));
      if (prefix.length < LENGTH_BYTES || bytes.length < length) throw failure(place, 'the file ends within it');
      yield { bytes, place };
    }
  }

  async #chunks(): Promise<AsyncIterable<Buffer>> {
    const isGzip = await this.#at(this.path, () => startsWith(this.path, GZIP));
    const file = createReadStream(this.path, { highWaterMark: CHUNK_BYTES });
    this.#file = file;
    // Errors of either come out of what is read.
    return isGzip ? pipeline(file, createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined) : file;
  }

  async #at<T>(place: string, action: () => T | Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (cause) {
      throw failure(place, cause);
    }
  }
}

const NO_RECORDING = 'no recording: neither OTLP/JSON lines nor protobuf requests, each alone or after its length in 4 bytes';

function failure(place: string, cause: unknown): RecordingError {
  const reason = messageOf(cause);
  return new RecordingError(`${place}: ${reason}`, { cause });
}

async function startsWith(path: string, magic: Uint8Array): Promise<boolean> {
  const handle = await open(path);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(magic.length), 0, magic.length, 0);
    return bytesRead === magic.length && buffer.equals(magic);
  } finally {
    await handle.close();
  }
}
