import { totalmem } from 'node:os';

/** Bytes the process may use: the container's limit or else the machine's memory. */
export function totalMemoryBytes(): number {
  // Without a container's limit this is 0 or far above what the machine has.
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
