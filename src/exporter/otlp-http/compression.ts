import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { zstdCompress } from '../../internal/zstd.ts';
import type { OtlpHttpExporterConfig } from './config.ts';

const gzip = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gzip);
const deflate = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.deflate);

export interface Compression {
  /** For the header Content-Encoding. */
  readonly contentEncoding: string;
  compress(bytes: Uint8Array): Promise<Uint8Array>;
}

/** Undefined where bodies go as they are. Compression runs outside of the main thread. */
export function compressionOf({ compression, compression_params: { level } }: OtlpHttpExporterConfig): Compression | undefined {
  switch (compression) {
    case 'gzip':
      return { contentEncoding: 'gzip', compress: (bytes) => gzip(bytes, { level }) };
    case 'deflate':
    case 'zlib':
      // HTTP's "deflate" is the zlib format. https://www.rfc-editor.org/rfc/rfc9110#name-deflate-coding
      return { contentEncoding: compression, compress: (bytes) => deflate(bytes, { level }) };
    case 'zstd':
      if (zstdCompress === undefined) throw new Error('zstd needs Node.js 22.15 or newer');
      return { contentEncoding: 'zstd', compress: zstdCompress };
    case 'none':
      return undefined;
  }
}
