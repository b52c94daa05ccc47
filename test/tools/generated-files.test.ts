import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { generatedFiles } from '../../tools/generated-files.ts';

describe('files made from the code', () => {
  test.each(Object.entries(generatedFiles()))('%s is current; if not, run `npm run generate`', (path, text) => {
    expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(text);
  });
});
