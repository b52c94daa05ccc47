import { writeFileSync } from 'node:fs';
import { PauseWatch } from './pauses.ts';

/**
 * Loaded into the measured server with `--import`: says at its end how long its event loop stood still at most. The path
 * to write to stands in the script's own address, `pause-probe.js?file=…`.
 */
const file = new URL(import.meta.url).searchParams.get('file');
const watch = new PauseWatch();

/** What came before is the warm-up. */
process.on('SIGUSR2', () => watch.reset());
process.on('exit', () => {
  if (file === null) return;
  writeFileSync(file, JSON.stringify(watch.pauses));
});
