import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { TailraceProcess } from '../support/process.ts';
import { projectRoot, recordings } from '../support/project.ts';

const running: TailraceProcess[] = [];
afterEach(async () => {
  for (const tailrace of running.splice(0)) await tailrace.kill();
});

test('the built program replays a recording through a configuration that people start from', async () => {
  const yaml = readFileSync(join(projectRoot, 'config/sidecar.yaml'), 'utf8');
  const args = ['replay', '--config', `yaml:${yaml}`, '--out', '/dev/null', recordings.trainTicket];
  const tailrace = await TailraceProcess.spawn('', { args });
  running.push(tailrace);
  expect(await tailrace.exit()).toEqual({ code: 0, signal: null });
  expect(tailrace.output).toMatch(/^Replayed 5,207 spans of 67 traces/m);
});
