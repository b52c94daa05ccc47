import type { ConfigSources } from '../config/load.ts';
import { loadConfig } from '../config/load.ts';
import { ConfigError } from '../config/problem.ts';
import { processEnvironment } from '../config/source.ts';
import { registry } from '../service/registry.ts';
import type { Surroundings } from './command-line.ts';

/** Says every mistake in a configuration, and starts nothing. */
export function validate(sources: ConfigSources, surroundings: Surroundings): number {
  const environment = processEnvironment((message) => surroundings.writeError(`warning: ${message}\n`));
  try {
    loadConfig(sources, registry, environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    surroundings.writeError(`${error.message}\n`);
    return 1;
  }
  surroundings.writeOut('The configuration is valid\n');
  return 0;
}
