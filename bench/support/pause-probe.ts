import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * Loaded into the measured server with `--import`: says at its end how long its event loop stood still at most. The path
 * to write to stands in the script's own address, `pause-probe.js?file=…`.
 */
const RESOLUTION_MS = 1;

export interface Pauses {
  readonly longestMs: number;
  readonly p99Ms: number;
}

const file = new URL(import.meta.url).searchParams.get('file');
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delays.enable();

/** What came before is the warm-up. */
process.on('SIGUSR2', () => delays.reset());
process.on('exit', () => {
  if (file === null) return;
  const pauses: Pauses = { longestMs: delays.max / 1e6, p99Ms: delays.percentile(99) / 1e6 };
  writeFileSync(file, JSON.stringify(pauses));
});
