import { promisify } from 'node:util';
import zlib from 'node:zlib';

type Compress = (bytes: Uint8Array) => Promise<Buffer>;
type CompressWithCallback = (bytes: Uint8Array, done: (error: Error | null, compressed: Buffer) => void) => void;

/** Zstandard, one frame a call; undefined before Node 22.15, which brought it. */
export const zstdCompress: Compress | undefined =
  'zstdCompress' in zlib ? promisify(zlib.zstdCompress as CompressWithCallback) : undefined;
