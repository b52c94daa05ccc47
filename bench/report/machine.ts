import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, totalmem, type } from 'node:os';
import { serverCore } from '../support/cores.ts';

/** What figures depend on, in words that say nothing of whose machine it is. */
export function machineFacts(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const pinned = serverCore === undefined ? 'processes not pinned' : `server pinned to core ${serverCore}, load and sink on the others`;
  return `${model}, ${availableParallelism()} cores, ${memory}, ${type()}; Node.js ${process.version}; ${pinned}`;
}

/** The commit that is measured; undefined outside a checkout. */
export function commit(): string | undefined {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
