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
  collector()();
  // Dead buffers still count after a full collection, until the next one closes the sweep; a minor one is enough.
  collector()({ type: 'minor' });
}

/** Collects, in a few milliseconds, what died young: most buffers of requests that were just refused or sent on. */
export function collectYoungGarbage(): void {
  collector()({ type: 'minor' });
}

/** It must not depend on how node was started. */
function collector(): NodeJS.GCFunction {
  collect ??= globalThis.gc;
  if (collect !== undefined) return collect;
  setFlagsFromString('--expose-gc');
  collect = runInNewContext('gc') as NodeJS.GCFunction;
  return collect;
}
