import type { BufferPool } from '../../internal/buffer-pool.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';

/** A request that an exporter holds, in memory of its own. */
export interface Batch extends ExportRequest {
  /** Where the bytes lie, to be given back to the pool; undefined where they do not lie in one of its buffers. */
  readonly buffer: Uint8Array | undefined;
}

/** `size` bytes in a buffer of a pool. */
export function batchIn(buffer: Uint8Array, size: number, { signal, itemCount }: Pick<ExportRequest, 'signal' | 'itemCount'>): Batch {
  return { signal, bytes: buffer.subarray(0, size), itemCount, retainable: false, scan: undefined, buffer };
}

export function copyIn(pool: BufferPool, request: ExportRequest): Batch {
  const { bytes } = request;
  const buffer = pool.take(bytes.length);
  buffer.set(bytes);
  return batchIn(buffer, bytes.length, request);
}
