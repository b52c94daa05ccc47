import type { BufferPool } from '../../internal/buffer-pool.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import { joinRequests } from '../../pdata/otlp/split-request.ts';

/** Half of the smallest buffer of a pool. */
const LEAST_POOLED_BYTES = 2048;

/** A request that an exporter holds, in memory of its own. */
export interface Batch extends ExportRequest {
  /** Where the bytes lie, to be given back to the pool; undefined where they do not lie in one of its buffers. */
  readonly buffer: Uint8Array | undefined;
}

/** `size` bytes in a buffer of a pool. */
export function batchIn(buffer: Uint8Array, size: number, { signal, itemCount }: Pick<ExportRequest, 'signal' | 'itemCount'>): Batch {
  return { signal, bytes: buffer.subarray(0, size), itemCount, retainable: false, scan: undefined, buffer };
}

/** The request as it may be held, in a buffer of the pool where that is not much larger than the request. */
export function copyIn(pool: BufferPool, request: ExportRequest): Batch {
  const { bytes } = request;
  if (bytes.length < LEAST_POOLED_BYTES) return inOwnMemory(request);
  const buffer = pool.take(bytes.length);
  buffer.set(bytes);
  return batchIn(buffer, bytes.length, request);
}

/** The request in memory that nobody writes to again: a copy of its size, unless it is retainable. */
function inOwnMemory(request: ExportRequest): Batch {
  return { ...joinRequests([request]), scan: undefined, buffer: undefined };
}

/** What a batch takes of the memory. */
export function memoryBytes({ bytes, buffer }: Batch): number {
  return buffer?.length ?? bytes.length;
}
