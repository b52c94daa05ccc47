import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { ConsumeError } from '../../consumer/consume-error.ts';
import { messageOf } from '../../internal/message-of.ts';
import type { ContentEncoding } from './config.ts';
import { Inflater, type BufferSource, type Inflated } from './inflater.ts';
import { zstdDecompress } from './zstd.ts';

/**
 * Below this a body is decompressed at once: handing it to another thread and collecting it in pieces takes two to three
 * times as long.
 */
const SYNC_INPUT_BYTES = 64 * 1024;
/** A small body that grows beyond this would hold up everyone else: it is begun again on another thread. */
const SYNC_OUTPUT_BYTES = 1024 * 1024;
/** Pieces of output; zlib's own 16 KiB make many. */
const CHUNK_BYTES = 256 * 1024;
/** A small body gets a piece of its own size: making 256 KiB for each is half of what a small request costs. */
const MIN_CHUNK_BYTES = 1024;
/** How much telemetry shrinks, about, where the format does not say. */
const USUAL_RATIO = 8;

const gunzip = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gunzip);
const inflate = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.inflate);

type Decoder = (body: Uint8Array, maxBytes: number) => Uint8Array | Promise<Uint8Array>;

/** What HTTP calls deflate is zlib's format too (RFC 9110, section 8.4.1.2). */
const DECODERS: Readonly<Record<ContentEncoding, Decoder>> = {
  '': (body) => body,
  gzip: (body, maxBytes) => inflated(body, maxBytes, zlib.gunzipSync, sizeInTrailer(body)) ?? gunzip(body, { maxOutputLength: maxBytes, chunkSize: CHUNK_BYTES }),
  zlib: unzlib,
  deflate: unzlib,
  zstd: zstdDecompress,
};

/**
 * What `body` was before `encoding` was applied, at most `maxBytes` of it.
 *
 * @throws ConsumeError `too_large` when it grows beyond that, `malformed` when it is not so encoded
 */
export async function decompress(body: Uint8Array, encoding: ContentEncoding, maxBytes: number): Promise<Uint8Array> {
  try {
    return await DECODERS[encoding](body, maxBytes);
  } catch (error) {
    throw isTooLarge(error) ? tooLarge(maxBytes, error) : malformed(encoding, error);
  }
}

const INFLATERS = { gzip: Inflater.create('gzip'), deflate: Inflater.create('deflate') } as const;

/**
 * The same at once, into a buffer of `buffers` that the caller gives back; undefined when `body` is, or becomes, so large
 * that it would hold up others.
 *
 * @throws ConsumeError as `decompress` does
 */
export function decompressAtOnce(body: Uint8Array, encoding: 'gzip' | 'deflate', maxBytes: number, buffers: BufferSource): Inflated | undefined {
  const inflater = INFLATERS[encoding];
  if (inflater === undefined || body.length > SYNC_INPUT_BYTES) return undefined;
  let plain: Inflated | undefined;
  try {
    plain = inflater.inflate(body, Math.min(maxBytes, SYNC_OUTPUT_BYTES), buffers);
  } catch (error) {
    throw malformed(encoding, error);
  }
  if (plain === undefined && maxBytes <= SYNC_OUTPUT_BYTES) throw tooLarge(maxBytes, undefined);
  return plain;
}

function tooLarge(maxBytes: number, cause: unknown): ConsumeError {
  return new ConsumeError('too_large', `the body is larger than ${maxBytes} bytes when decompressed`, { cause });
}

function malformed(encoding: ContentEncoding, cause: unknown): ConsumeError {
  return new ConsumeError('malformed', `the body is not encoded as ${encoding}: ${messageOf(cause)}`, { cause });
}

function unzlib(body: Uint8Array, maxBytes: number): Uint8Array | Promise<Uint8Array> {
  return inflated(body, maxBytes, zlib.inflateSync, USUAL_RATIO * body.length) ?? inflate(body, { maxOutputLength: maxBytes, chunkSize: CHUNK_BYTES });
}

/** Undefined when `body` is, or becomes, too large to do at once. */
function inflated(body: Uint8Array, maxBytes: number, inflateSync: typeof zlib.gunzipSync, expectedBytes: number): Uint8Array | undefined {
  if (body.length > SYNC_INPUT_BYTES) return undefined;
  // One byte more, or zlib looks once again whether that was all.
  const chunkSize = Math.min(CHUNK_BYTES, Math.max(MIN_CHUNK_BYTES, expectedBytes + 1));
  try {
    return inflateSync(body, { maxOutputLength: Math.min(maxBytes, SYNC_OUTPUT_BYTES), chunkSize });
  } catch (error) {
    if (isTooLarge(error) && maxBytes > SYNC_OUTPUT_BYTES) return undefined;
    throw error;
  }
}

/** What gzip says at its end that it was before (RFC 1952, ISIZE); only a guess, as it is the sender's word. */
function sizeInTrailer(body: Uint8Array): number {
  if (body.length < 4) return 0;
  return new DataView(body.buffer, body.byteOffset + body.length - 4, 4).getUint32(0, true);
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}
