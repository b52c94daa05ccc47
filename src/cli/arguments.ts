import { parseArgs } from 'node:util';
import type { ConfigSources } from '../config/load.ts';
import { messageOf } from '../internal/message-of.ts';
import { nearest } from '../internal/nearest.ts';

/** What the command line asks for. */
export type Command =
  | { readonly name: 'run'; readonly sources: ConfigSources }
  | { readonly name: 'validate'; readonly sources: ConfigSources }
  | { readonly name: 'replay'; readonly sources: ConfigSources; readonly options: ReplayArguments }
  | { readonly name: 'help' }
  | { readonly name: 'version' };

/** What the command line says of a replay. */
export interface ReplayArguments {
  readonly recordings: readonly string[];
  readonly pipeline: string | undefined;
  readonly outFile: string | undefined;
  readonly seed: number;
  /** Undefined: as fast as it goes. */
  readonly speed: number | undefined;
}

/** The call itself is wrong; the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `Usage: tailrace [--config LOCATION]... [--set KEY=VALUE]...
       tailrace validate --config LOCATION... [--set KEY=VALUE]...
       tailrace replay --config LOCATION... [--set KEY=VALUE]... [--out FILE] [--pipeline ID] [--seed N] [--speed N] RECORDING...

Tail-based sampling of OpenTelemetry traces: takes OTLP in, keeps the traces worth keeping, sends them on.

  --config LOCATION  a configuration: a path, file:PATH, env:NAME or yaml:TEXT; each is laid over those before it.
                     Without one, OTLP is received on localhost:4317 and localhost:4318, and traces with errors, those
                     slower than a second and a hundred spans a second of the others are printed
  --set KEY=VALUE    one value over all configurations, as processors.batch.timeout=2s
  -h, --help         print this
  -v, --version      print the version

replay runs recordings (OTLP/JSON lines or protobuf as the file exporter writes them, or one request in protobuf; gzip
or not) through the processors of a traces pipeline, with a clock that the recordings set, and says what was kept:

  --out FILE         write kept traces there as OTLP/JSON lines, not to the configured exporters
  --pipeline ID      the traces pipeline, where there are several
  --seed N           of all that is random, 1 by default
  --speed N          N times as fast as it was recorded; by default as fast as it goes

The first SIGINT or SIGTERM stops in order: nothing is taken in any more, what waits is decided and sent. A second one
gives up what is not sent yet and exits with 1.

Exit codes: 0 stopped as asked, 1 wrong configuration, unreadable recording, failed start or stop cut short, 2 wrong call
`;

/** @throws UsageError */
export function readArguments(argv: readonly string[]): Command {
  const { values, positionals } = parse(argv);
  if (values.help === true) return { name: 'help' };
  if (values.version === true) return { name: 'version' };
  const sources = { locations: values.config ?? [], sets: values.set ?? [] };
  const [command, ...rest] = positionals;
  if (command === 'replay') return { name: 'replay', sources, options: replayArguments(sources, rest, values) };
  if (rest.length > 0) throw new UsageError(`unexpected argument "${rest[0]}"`);
  const ofReplay = (['out', 'pipeline', 'seed', 'speed'] as const).find((name) => values[name] !== undefined);
  if (ofReplay !== undefined) throw new UsageError(`--${ofReplay} belongs to replay`);
  switch (command) {
    case undefined:
      return { name: 'run', sources };
    case 'validate':
      if (sources.locations.length === 0) throw new UsageError('validate needs at least one --config');
      return { name: 'validate', sources };
    default:
      throw new UsageError(`unknown command "${command}"; to run a configuration, write --config ${command}`);
  }
}

function replayArguments(sources: ConfigSources, recordings: readonly string[], values: ReturnType<typeof parse>['values']): ReplayArguments {
  if (sources.locations.length === 0) throw new UsageError('replay needs at least one --config');
  if (recordings.length === 0) throw new UsageError('replay needs at least one recording');
  const seed = numberOf('seed', values.seed) ?? 1;
  const speed = numberOf('speed', values.speed);
  if (!Number.isInteger(seed) || seed < 0) throw new UsageError(`--seed must be a whole number of 0 or more, not ${values.seed}`);
  if (speed !== undefined && speed <= 0) throw new UsageError(`--speed must be above 0, not ${values.speed}`);
  return { recordings, pipeline: values.pipeline, outFile: values.out, seed, speed };
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new UsageError(`--${name} must be a number, not "${text}"`);
  return value;
}

const OPTIONS = {
  config: { type: 'string', multiple: true },
  set: { type: 'string', multiple: true },
  out: { type: 'string' },
  pipeline: { type: 'string' },
  seed: { type: 'string' },
  speed: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

function parse(argv: readonly string[]) {
  refuseUnknownOptions(argv);
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options: OPTIONS });
  } catch (error) {
    throw new UsageError(messageOf(error), { cause: error });
  }
}

function refuseUnknownOptions(argv: readonly string[]): void {
  const { tokens } = parseArgs({ args: [...argv], allowPositionals: true, options: OPTIONS, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind !== 'option' || Object.hasOwn(OPTIONS, token.name)) continue;
    const meant = nearest(token.name, Object.keys(OPTIONS));
    throw new UsageError(`unknown option ${token.rawName}${meant === undefined ? '' : ` (did you mean --${meant}?)`}`);
  }
}
