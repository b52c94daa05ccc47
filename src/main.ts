#!/usr/bin/env node
import { runCommandLine } from './cli/command-line.ts';

const stop = new AbortController();
const stopNow = new AbortController();

/** The first signal asks for an orderly stop, the second gives up what is not sent yet, the third waits for nothing. */
function onSignal(): void {
  if (stopNow.signal.aborted) process.exit(1);
  if (stop.signal.aborted) stopNow.abort();
  stop.abort();
}

process.on('SIGTERM', onSignal);
process.on('SIGINT', onSignal);

const exitCode = await runCommandLine(process.argv.slice(2), {
  writeOut: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
  terminalColumns: process.stderr.isTTY ? process.stderr.columns : undefined,
  stop: stop.signal,
  stopNow: stopNow.signal,
});
process.exit(exitCode);
