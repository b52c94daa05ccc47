import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Cores as `taskset` takes them; undefined where processes cannot be pinned (no Linux, or one core). */
export type Cores = string | undefined;

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).error === undefined;

/** The one core that the measured server runs on, all its threads together. */
export const serverCore: Cores = canPin ? '0' : undefined;

/** Where everything else runs: load and sink. */
export const otherCores: Cores = canPin ? `1-${availableParallelism() - 1}` : undefined;

/** A command line that runs on `cores`. */
export function onCores(cores: Cores, command: readonly string[]): readonly string[] {
  return cores === undefined ? command : ['taskset', '--cpu-list', cores, ...command];
}
