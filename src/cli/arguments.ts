import { parseArgs } from 'node:util';
import type { ConfigSources } from '../config/load.ts';

/** What the command line asks for. */
export type Command =
  | { readonly name: 'run'; readonly sources: ConfigSources }
  | { readonly name: 'validate'; readonly sources: ConfigSources }
  | { readonly name: 'help' }
  | { readonly name: 'version' };

/** The call itself is wrong; the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `Usage: tailrace [--config LOCATION]... [--set KEY=VALUE]...
       tailrace validate --config LOCATION... [--set KEY=VALUE]...

Tail-based sampling of OpenTelemetry traces: takes OTLP in, keeps the traces worth keeping, sends them on.

  --config LOCATION  a configuration: a path, file:PATH, env:NAME or yaml:TEXT; each is laid over those before it.
                     Without one, OTLP is received on localhost:4317 and localhost:4318, and traces with errors, those
                     slower than a second and 5 % of all others are printed
  --set KEY=VALUE    one value over all configurations, as processors.batch.timeout=2s
  -h, --help         print this
  -v, --version      print the version

Exit codes: 0 stopped as asked, 1 wrong configuration or failed start, 2 wrong call
`;

/** @throws UsageError */
export function readArguments(argv: readonly string[]): Command {
  const { values, positionals } = parse(argv);
  if (values.help === true) return { name: 'help' };
  if (values.version === true) return { name: 'version' };
  const sources = { locations: values.config ?? [], sets: values.set ?? [] };
  const [command, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError(`unexpected argument "${rest[0]}"`);
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

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        config: { type: 'string', multiple: true },
        set: { type: 'string', multiple: true },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
