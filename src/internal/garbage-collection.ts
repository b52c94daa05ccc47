import { availableParallelism } from 'node:os';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** Garbage that may pile up before the whole heap is collected: at most so much, and this share of the memory there is. */
const MAX_GARBAGE_BYTES = 128 * 1024 * 1024;
const MAX_GARBAGE_SHARE = 1 / 16;

/** V8's own is about 35 for a heap as small as ours. */
const MIN_PERCENT = 50;

/**
 * Makes V8 collect garbage as suits a process through which far more passes than stays; `totalBytes` is what it may use.
 * Called once, when what stays has been loaded. The flags are not part of any interface, and passed over where V8 does not
 * know them: then it all costs what it did.
 *
 * - V8 counts the buffers outside its heap as if they were in it. Ours is small and what passes through it is not: every 15 MB
 *   that went by made V8 mark 20 MB of code and tables that never change, a quarter of all that a busy process did (bench,
 *   whole path at 512 spans a request). So more garbage may pile up.
 * - On a single processor the threads that mark beside the main one only take its turns: up to 60 ms of standing still each
 *   time, against 25 ms when it marks by itself, in steps (bench, soak).
 */
export function tuneGarbageCollection(totalBytes: number): void {
  setFlagsFromString(`--heap-growing-percent=${growthPercent(totalBytes, getHeapStatistics().used_heap_size)}`);
  if (availableParallelism() === 1) setFlagsFromString('--no-concurrent-marking');
}

/** By how much the heap may grow over its `usedBytes` that live. */
export function growthPercent(totalBytes: number, usedBytes: number): number {
  const garbageBytes = Math.min(MAX_GARBAGE_BYTES, totalBytes * MAX_GARBAGE_SHARE);
  return Math.max(MIN_PERCENT, Math.round((100 * garbageBytes) / usedBytes));
}
