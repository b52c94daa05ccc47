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
/** How much telemetry shrinks, about, where the format does not say. */
const USUAL_RATIO = 8;
/** So many times what has come, and no more, is had ready for what gzip says. */
const MAX_RATIO = 32;

type Compression = Exclude<ContentEncoding, ''>;

const gunzip = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gunzip);
const inflate = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.inflate);

/** What HTTP calls deflate is zlib's format too (RFC 9110, section 8.4.1.2). */
const DECODERS: Readonly<Record<Compression, (body: Uint8Array, maxBytes: number) => Promise<Uint8Array>>> = {
  gzip: (body, maxBytes) => gunzip(body, { maxOutputLength: maxBytes, chunkSize: CHUNK_BYTES }),
  zlib: unzlib,
  deflate: unzlib,
  zstd: zstdDecompress,
};

const zlibInflater = Inflater.create('deflate');
/** What has none is decompressed in the background, whatever its size. */
const INFLATERS: Readonly<Record<Compression, Inflater | undefined>> = {
  gzip: Inflater.create('gzip'),
  zlib: zlibInflater,
  deflate: zlibInflater,
  zstd: undefined,
};

/** Gives each body memory of its own, which the request may keep. */
const OWN_MEMORY: BufferSource = { take: (size) => Buffer.allocUnsafe(size), give: () => undefined };

/**
 * What `body` was before `encoding` was applied, at most `maxBytes` of it: at once where it is small, else on another thread.
 *
 * @throws ConsumeError `too_large` when it grows beyond that, `malformed` when it is not so encoded
 */
export async function decompress(body: Uint8Array, encoding: ContentEncoding, maxBytes: number): Promise<Uint8Array> {
  if (encoding === '') return body;
  const plain = decompressAtOnce(body, encoding, maxBytes, OWN_MEMORY);
  return plain?.buffer.subarray(0, plain.size) ?? (await decompressInBackground(body, encoding, maxBytes));
}

/**
 * The same at once, into a buffer of `buffers` that the caller gives back; undefined when `body` is, or becomes, so large
 * that it would hold up others, or is of an encoding that cannot be done at once.
 *
 * @throws ConsumeError as `decompress` does
 */
export function decompressAtOnce(body: Uint8Array, encoding: Compression, maxBytes: number, buffers: BufferSource): Inflated | undefined {
  const inflater = INFLATERS[encoding];
  if (inflater === undefined || body.length > SYNC_INPUT_BYTES) return undefined;
  let plain: Inflated | undefined;
  try {
    plain = inflater.inflate(body, expectedSize(body, encoding), Math.min(maxBytes, SYNC_OUTPUT_BYTES), buffers);
  } catch (error) {
    throw malformed(encoding, error);
  }
  if (plain === undefined && maxBytes <= SYNC_OUTPUT_BYTES) throw tooLarge(maxBytes, undefined);
  return plain;
}

/**
 * The same on another thread, as far as Node.js has it there; `body` must not change meanwhile.
 *
 * @throws ConsumeError as `decompress` does
 */
export async function decompressInBackground(body: Uint8Array, encoding: Compression, maxBytes: number): Promise<Uint8Array> {
  try {
    return await DECODERS[encoding](body, maxBytes);
  } catch (error) {
    throw isTooLarge(error) ? tooLarge(maxBytes, error) : malformed(encoding, error);
  }
}

function tooLarge(maxBytes: number, cause: unknown): ConsumeError {
  return new ConsumeError('too_large', `the body is larger than ${maxBytes} bytes when decompressed`, { cause });
}

function malformed(encoding: Compression, cause: unknown): ConsumeError {
  return new ConsumeError('malformed', `the body is not encoded as ${encoding}: ${messageOf(cause)}`, { cause });
}

function unzlib(body: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  return inflate(body, { maxOutputLength: maxBytes, chunkSize: CHUNK_BYTES });
}

/** A guess. What gzip says at its end that it was before (RFC 1952, ISIZE) is the sender's word. */
function expectedSize(body: Uint8Array, encoding: Compression): number {
  if (encoding !== 'gzip') return USUAL_RATIO * body.length;
  return Math.min(MAX_RATIO * body.length, sizeInTrailer(body));
}

function sizeInTrailer(body: Uint8Array): number {
  if (body.length < 4) return 0;
  return new DataView(body.buffer, body.byteOffset + body.length - 4, 4).getUint32(0, true);
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}
