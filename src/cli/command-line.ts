import type { Command } from './arguments.ts';
import { readArguments, USAGE, UsageError } from './arguments.ts';
import { replay } from './replay.ts';
import { run } from './run.ts';
import { validate } from './validate.ts';
import { VERSION } from './version.ts';

/** What a command has around it, handed in so that tests can stand in for the process. */
export interface Surroundings {
  writeOut(text: string): void;
  writeError(text: string): void;
  /** Columns of the terminal that errors are written to; absent where that is none. */
  readonly terminalColumns?: number | undefined;
  /** Aborts when the process is asked to stop. */
  readonly stop: AbortSignal;
  /** Aborts when it is asked again, and what is not sent by then shall be given up. */
  readonly stopNow: AbortSignal;
}

/** Does what the command line says. Gives the exit code: 0, 1 wrong configuration or failed start, 2 wrong call. */
export async function runCommandLine(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  let command: Command;
  try {
    command = readArguments(argv);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    surroundings.writeError(`tailrace: ${error.message}\n\n${USAGE}`);
    return 2;
  }
  switch (command.name) {
    case 'run':
      return run(command.sources, surroundings);
    case 'validate':
      return validate(command.sources, surroundings);
    case 'replay':
      return replay(command.sources, command.options, surroundings);
    case 'help':
      surroundings.writeOut(USAGE);
      return 0;
    case 'version':
      surroundings.writeOut(`tailrace version ${VERSION}\n`);
      return 0;
  }
}
