import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with package.json, from source and from what `npm run build:tools` makes of it. */
export const projectRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

/** The built program; `npm run build` makes it. */
export const builtMain: string = join(projectRoot, 'dist', 'main.js');

/** Real recordings that are part of the project; README.md there says what they are. */
export const recordings = {
  onlineBoutique: join(projectRoot, 'test/data/real-traces/online-boutique-05_10.jsonl.gz'),
  trainTicket: join(projectRoot, 'test/data/real-traces/train-ticket-14_50.jsonl.gz'),
} as const;

function findRoot(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from;
  if (from === dirname(from)) throw new Error('no package.json above this file');
  return findRoot(dirname(from));
}
