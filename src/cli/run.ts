import { DEFAULT_CONFIG } from '../config/default.ts';
import type { ConfigSources } from '../config/load.ts';
import { loadConfig } from '../config/load.ts';
import { ConfigError } from '../config/problem.ts';
import { processEnvironment } from '../config/source.ts';
import { tuneGarbageCollection } from '../internal/garbage-collection.ts';
import { totalMemoryBytes } from '../internal/total-memory.ts';
import type { ServiceConfig } from '../service/registry.ts';
import { registry } from '../service/registry.ts';
import { serve } from '../service/serve.ts';
import type { Surroundings } from './command-line.ts';
import { VERSION } from './version.ts';

/** Runs a configuration until it is asked to stop; 0 when it did so in order, 1 when it is wrong, could not start or was cut short. */
export async function run(sources: ConfigSources, surroundings: Surroundings): Promise<number> {
  const warnings: string[] = [];
  let config: ServiceConfig;
  try {
    const locations = sources.locations.length > 0 ? sources.locations : [`yaml:${DEFAULT_CONFIG}`];
    config = loadConfig({ ...sources, locations }, registry, processEnvironment((message) => warnings.push(message)));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    surroundings.writeError(`${error.message}\n`);
    return 1;
  }
  tuneGarbageCollection(totalMemoryBytes());
  return (await serve(config, { ...surroundings, version: VERSION, warnings })) ? 0 : 1;
}
