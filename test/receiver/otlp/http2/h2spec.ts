import { spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { projectRoot } from '../../../support/project.ts';

const VERSION = 'v2.2.1+incompatible';
const PROGRAM = 'github.com/summerwind/h2spec/cmd/h2spec';
const DIRECTORY = join(projectRoot, 'build', 'h2spec');
const BINARY = join(DIRECTORY, 'h2spec');

/** h2spec cannot be built on this machine; the message says what is missing. */
export class H2specMissing extends Error {
  override readonly name = 'H2specMissing';
}

/** Builds h2spec unless it was built before; gives the path of the program. Rejects with H2specMissing. */
export async function buildH2spec(): Promise<string> {
  if (existsSync(BINARY)) return BINARY;
  try {
    const { status, output } = await run('go', ['install', `${PROGRAM}@${VERSION}`], { env: { ...process.env, GOBIN: DIRECTORY } });
    if (status !== 0) throw new Error(output);
  } catch (error) {
    throw new H2specMissing(`\`go install ${PROGRAM}@${VERSION}\` failed`, { cause: error });
  }
  return BINARY;
}

/** Runs a program to its end; `output` is all that it wrote. Rejects when there is no such program. */
export async function run(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<{ status: number | null; output: string }> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const [, output, errors] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { status: child.exitCode, output: output + errors };
}
