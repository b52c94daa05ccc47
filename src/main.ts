#!/usr/bin/env node
import { runCommandLine } from './cli/command-line.ts';

const stop = new AbortController();

/** The first signal asks for an orderly stop; a second one does not wait for it. */
function onSignal(signal: NodeJS.Signals): void {
  if (stop.signal.aborted) {
    process.stderr.write(`tailrace: a second signal (${signal}): stopped at once, what was not sent is lost\n`);
    process.exit(1);
  }
  stop.abort();
}

process.on('SIGTERM', onSignal);
process.on('SIGINT', onSignal);

const exitCode = await runCommandLine(process.argv.slice(2), {
  writeOut: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
  stop: stop.signal,
});
process.exit(exitCode);
