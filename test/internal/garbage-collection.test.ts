import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { growthPercent } from '../../src/internal/garbage-collection.ts';

const MIB = 1024 * 1024;

// Where this fails, V8 has lost a flag: all works as before, and a busy process costs up to a quarter more or stands still longer.
test.each(['--heap-growing-percent', '--concurrent-marking'])('V8 knows %s', (flag) => {
  expect(execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' })).toContain(`${flag} (`);
});

test.each([
  ['128 MiB where there is plenty', 16_384, 25, 512],
  ['a sixteenth of a small container', 512, 20, 160],
  ['no less than usual in a tiny one', 64, 20, 50],
  ['128 MiB also over a large heap', 16_384, 200, 64],
])('%s', (_what, totalMib, usedMib, percent) => {
  expect(growthPercent(totalMib * MIB, usedMib * MIB)).toBe(percent);
});
