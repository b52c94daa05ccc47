import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Stage } from './support/dockerfile.ts';
import { parseCopy, parseDockerfile } from './support/dockerfile.ts';
import { projectRoot } from './support/project.ts';

const run = promisify(execFile);
const stages = parseDockerfile(readFileSync(join(projectRoot, 'Dockerfile'), 'utf8'));
const ignored = readFileSync(join(projectRoot, '.dockerignore'), 'utf8').split('\n');

const image = stages.at(-1) as Stage;

function instruction(keyword: string): string {
  return image.instructions.find((candidate) => candidate.keyword === keyword)?.text ?? '';
}

/** Does to folders below `root`, one a stage, what the stage's instructions would do to a file system. */
function build(stage: Stage, root: string): void {
  const home = join(root, stage.name);
  let workdir = home;
  mkdirSync(home, { recursive: true });
  for (const { keyword, text } of stage.instructions) {
    if (keyword === 'WORKDIR') {
      workdir = join(home, text);
      mkdirSync(workdir, { recursive: true });
    } else if (keyword === 'COPY') {
      const { from, sources, target } = parseCopy(text);
      const base = target.startsWith('/') ? join(home, target) : join(workdir, target);
      for (const source of sources) {
        const origin = from === undefined ? join(projectRoot, source) : join(root, from, source);
        const isInto = target.endsWith('/') || sources.length > 1;
        cpSync(origin, isInto ? join(base, basename(source)) : base, { recursive: true });
      }
    } else if (keyword === 'RUN') {
      // What was installed here before need not be fetched again.
      const env = { ...process.env, npm_config_prefer_offline: 'true' };
      execFileSync('sh', ['-c', text], { cwd: workdir, env, stdio: 'pipe' });
    }
  }
}

describe('the Dockerfile', () => {
  test('copies only what exists and is not left out of the context', () => {
    const sources = stages.flatMap(({ instructions }) =>
      instructions
        .filter(({ keyword }) => keyword === 'COPY')
        .map(({ text }) => parseCopy(text))
        .filter(({ from }) => from === undefined)
        .flatMap((copy) => copy.sources),
    );
    expect(sources.length).toBeGreaterThan(0);
    expect(sources.filter((source) => !existsSync(join(projectRoot, source)))).toEqual([]);
    expect(sources.filter((source) => ignored.includes(source.replace(/^\.\//, '').split('/')[0] ?? ''))).toEqual([]);
  });

  test('runs on Node 24, as a user without rights, with Tailrace itself as process 1', () => {
    expect(stages.every(({ base }) => /^node:24(?:\.|-|$)/.test(base))).toBe(true);
    expect(instruction('USER')).toBe('node');
    expect(JSON.parse(instruction('ENTRYPOINT'))).toEqual(['node', 'dist/main.js']);
    expect(instruction('HEALTHCHECK')).toContain('CMD ["node"');
  });

  test('exposes the ports that its configuration listens on, on every address', () => {
    const yaml = readFileSync(join(projectRoot, 'config/container.yaml'), 'utf8');
    const endpoints = [...yaml.matchAll(/endpoint: (\S+):(\d+)/g)].map(([, host = '', port = '']) => ({ host, port }));
    const [, host = '', port = ''] = /host: (\S+), port: (\d+)/.exec(yaml) ?? [];
    const listening = [...endpoints, { host, port }];
    expect(listening.map((endpoint) => endpoint.host)).toEqual(listening.map(() => '0.0.0.0'));
    expect(instruction('EXPOSE').split(' ').sort()).toEqual(listening.map((endpoint) => endpoint.port).sort());
  });

  test.each([
    [200, 0],
    [503, 1],
  ])('its health check turns %i into %i', async (status, code) => {
    const server = createServer((_request: IncomingMessage, response: ServerResponse) => response.writeHead(status).end());
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const [, command = '[]'] = /CMD (\[.*\])$/.exec(instruction('HEALTHCHECK')) ?? [];
    const [, ...args] = (JSON.parse(command) as string[]).map((word) => word.replace(':13133', `:${port}`));
    const exit = await run(process.execPath, args).then(
      () => 0,
      (error: { code: number }) => error.code,
    );
    server.close();
    expect(exit).toBe(code);
  });
});

describe('the image, built stage by stage in folders', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'tailrace-image-'));
    for (const stage of stages) build(stage, root);
  }, 300_000);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('accepts its own configuration with what is in it and nothing else', async () => {
    const home = join(root, image.name);
    const cwd = join(home, instruction('WORKDIR'));
    const [, ...entrypoint] = JSON.parse(instruction('ENTRYPOINT')) as string[];
    const args = (JSON.parse(instruction('CMD')) as string[]).map((word) => (word.startsWith('/') ? join(home, word) : word));
    const { stdout } = await run(process.execPath, [...entrypoint, 'validate', ...args], { cwd });
    expect(stdout).not.toContain('error');
    expect(existsSync(join(cwd, 'node_modules/typescript'))).toBe(false);
    expect(statSync(join(cwd, 'dist/main.js')).mode & 0o111).toBe(0o111);
  });
});
