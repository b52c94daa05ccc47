import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: NodeJS.GCFunction | undefined;

/**
 * Collects garbage now, which stops everything else meanwhile: some 10 ms for each 10 MB that live.
 *
 * V8 collects when something allocates. A process that has become idle, or refuses everything, allocates little, and would
 * keep what it had for ever.
 */
export function collectGarbage(): void {
  collect ??= collector();
  collect();
  // Dead buffers still count after a full collection, until the next one closes the sweep; a minor one is enough.
  collect({ type: 'minor' });
}

/** It must not depend on how node was started. */
function collector(): NodeJS.GCFunction {
  if (globalThis.gc !== undefined) return globalThis.gc;
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as NodeJS.GCFunction;
}
