import { writeFileSync } from 'node:fs';
import { generatedFiles } from './generated-files.ts';

/** Writes what is made from the code into the folder it is called in: `npm run generate`. */
for (const [path, text] of Object.entries(generatedFiles())) {
  writeFileSync(path, text);
  process.stdout.write(`${path}\n`);
}
