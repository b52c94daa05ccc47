import { collectGarbage, collectYoungGarbage } from '../../internal/collect-garbage.ts';
import { totalMemoryBytes } from '../../internal/total-memory.ts';

/** What the limiter asks of the process, handed in so that tests can drive it. */
export interface ProcessMemory {
  /** Bytes in use: V8's heap, garbage included, and the buffers outside it. */
  usedBytes(): number;
  /** Bytes the process may use: the container's limit or else the machine's memory. */
  totalBytes(): number;
  /** Collects young garbage, which takes a few milliseconds. */
  collectYoungGarbage(): void;
  /** Collects all garbage, which stops everything else meanwhile. */
  collectGarbage(): void;
}

/**
 * Used memory is `heapUsed + external`; `external` contains the array buffers, where requests and spans live. Resident
 * memory is no measure for a limit: it stays high long after memory became free, and would keep refusing.
 */
export const processMemory: ProcessMemory = {
  usedBytes() {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  },

  totalBytes: totalMemoryBytes,

  collectYoungGarbage,

  collectGarbage,
};
