import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../test/support/project.ts';
import { note } from '../report/progress.ts';
import { SamplerServer, type SamplerOptions } from '../server/sampler-server.ts';

/** As in builder.yaml, which says the same of the components. */
export const COLLECTOR_VERSION = '0.159.0';
const LEAST_GO = [1, 25] as const;

const BUILDER = `go.opentelemetry.io/collector/cmd/builder@v${COLLECTOR_VERSION}`;
const DIRECTORY = join(projectRoot, 'build', 'peers');
const BINARY = join(DIRECTORY, 'otelcol', 'otelcol');

/** So that every kept trace arrives: the default queue holds 1,000 requests, and each trace is one. */
const TUNED_QUEUE = '{queue_size: 1000000, sizer: items, batch: {min_size: 8192}}';

/** The peer cannot be built on this machine; the message says what is missing. */
export class PeerMissing extends Error {
  override readonly name = 'PeerMissing';
}

/** Builds the Collector unless it was built before, which takes minutes; gives the path of the program. Rejects with PeerMissing. */
export async function buildCollector(): Promise<string> {
  if (existsSync(BINARY)) return BINARY;
  checkGo();
  mkdirSync(DIRECTORY, { recursive: true });
  note(`building the Collector ${COLLECTOR_VERSION}, which takes some minutes`);
  await run('go', ['install', BUILDER], { GOBIN: DIRECTORY });
  await run(join(DIRECTORY, 'builder'), ['--config', join('bench', 'peers', 'builder.yaml')], {});
  return BINARY;
}

export type CollectorKind = 'default' | 'tuned';

/** The Collector with its default sending queue, or with one in which nothing is lost. */
export function startCollector(
  kind: CollectorKind,
  options: Pick<SamplerOptions, 'backendPort' | 'decisionWaitSeconds'>,
): Promise<SamplerServer> {
  const queue = kind === 'tuned' ? { sendingQueue: TUNED_QUEUE } : {};
  return SamplerServer.start({ ...options, ...queue, name: `Collector, ${kind}`, command: [BINARY] });
}

function checkGo(): void {
  const version = /go(\d+)\.(\d+)/.exec(spawnSync('go', ['version'], { encoding: 'utf8' }).stdout ?? '');
  const needed = `Go ${LEAST_GO.join('.')} or later builds the Collector that Tailrace is compared with`;
  if (version === null) throw new PeerMissing(`${needed}; there is no \`go\` on the path: https://go.dev/dl/`);
  const [major, minor] = [Number(version[1]), Number(version[2])];
  if (major < LEAST_GO[0] || (major === LEAST_GO[0] && minor < LEAST_GO[1])) throw new PeerMissing(`${needed}; this is Go ${major}.${minor}`);
}

async function run(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn(command, args, { cwd: projectRoot, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new PeerMissing(`\`${command} ${args.join(' ')}\` failed; its reasons are above`);
}
