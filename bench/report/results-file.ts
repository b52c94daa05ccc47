import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../test/support/project.ts';
import { note } from './progress.ts';
import { commit, machineFacts } from './machine.ts';

const FILE = join(projectRoot, 'bench', 'results.md');

/** Parts of bench/results.md, each written by the command of its own that measures it. */
export type Section = 'bench' | 'peers' | 'growth' | 'soak';

const COMMANDS: Readonly<Record<Section, string>> = {
  bench: 'npm run bench',
  peers: 'npm run bench:peers',
  growth: 'npm run bench:growth',
  soak: 'npm run bench:soak',
};

/** Puts `body` in place of what the section had. Where and when it was measured stands above it. */
export function writeSection(section: Section, body: string): void {
  const begin = `<!-- begin ${section} -->\n`;
  const end = `<!-- end ${section} -->`;
  const text = readFileSync(FILE, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`bench/results.md has no section ${section}`);
  const facts = `\`${COMMANDS[section]}\`, ${new Date().toISOString().slice(0, 10)}, commit ${commit() ?? 'unknown'}. ${machineFacts()}.`;
  writeFileSync(FILE, `${text.slice(0, from)}${begin}\n${facts}\n\n${body.trim()}\n\n${text.slice(to)}`);
  note(`written to bench/results.md, section ${section}`);
}
