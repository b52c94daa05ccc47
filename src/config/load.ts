import { z } from 'zod';
import { readSection, SECTIONS } from './components.ts';
import type { ComponentType, Config, Registry } from './config.ts';
import { ConfigReader } from './config-reader.ts';
import type { Environment } from './expand.ts';
import { expandNode } from './expand.ts';
import { durationMs } from './fields.ts';
import { mergeAll } from './merge.ts';
import type { ConfigNode } from './node.ts';
import { checkReferences, readPipelines } from './pipelines.ts';
import type { ConfigProblem } from './problem.ts';
import { ConfigError } from './problem.ts';
import { readSet, readSource } from './source.ts';
import { refuseWrapped } from './wrapped-config.ts';

const extensionsSchema = z.array(z.string()).describe('Extensions to start: ids under `extensions`.');

const shutdownTimeoutSchema = durationMs
  .describe('How long a stop may take to decide what waits and to send what is queued. Tailrace only.');

/** `service.…` beside its pipelines and its telemetry. */
export const serviceSchemas = { extensions: extensionsSchema, shutdown_timeout: shutdownTimeoutSchema };

const DEFAULT_SHUTDOWN_TIMEOUT_MS = 30_000;

/** What a configuration is made from, as the command line has it. */
export interface ConfigSources {
  /** Files and other locations; each is laid over the one before. */
  readonly locations: readonly string[];
  /** `key=value`, laid over all of them. */
  readonly sets: readonly string[];
}

/**
 * Reads, merges, expands and checks a configuration.
 *
 * @throws ConfigError with every mistake that can be found at once
 */
export function loadConfig<Type extends ComponentType, Telemetry>(
  sources: ConfigSources,
  registry: Registry<Type, Telemetry>,
  environment: Environment,
): Config<Type, Telemetry> {
  const problems: ConfigProblem[] = [];
  const root = expandNode(mergeAll(readTrees(sources, environment)), environment, problems);
  return checkConfig(new ConfigReader(root, problems), registry);
}

/** @throws ConfigError with what is wrong in any of them */
function readTrees({ locations, sets }: ConfigSources, environment: Environment): readonly ConfigNode[] {
  const problems: ConfigProblem[] = [];
  const readLocation = (uri: string): ConfigNode => {
    const tree = readSource(uri, environment);
    refuseWrapped(tree);
    return tree;
  };
  const trees = [...locations.map((uri) => () => readLocation(uri)), ...sets.map((set) => () => readSet(set))].flatMap((read) => {
    try {
      return [read()];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return trees;
}

/** @throws ConfigError */
function checkConfig<Type extends ComponentType, Telemetry>(reader: ConfigReader, registry: Registry<Type, Telemetry>): Config<Type, Telemetry> {
  reader.refuseOtherKeys([], [...Object.values(SECTIONS), 'connectors', 'service']);
  for (const id of reader.keys(['connectors'])) reader.report(['connectors', id], 'key', `Tailrace has no connector of type "${id.split('/')[0]}", nor any other yet`);

  const receivers = readSection(reader, 'receiver', registry.components);
  const processors = readSection(reader, 'processor', registry.components);
  const exporters = readSection(reader, 'exporter', registry.components);
  const extensions = readSection(reader, 'extension', registry.components);
  const declared = { receiver: receivers.declared, processor: processors.declared, exporter: exporters.declared, extension: extensions.declared };

  reader.refuseOtherKeys(['service'], ['extensions', 'pipelines', 'telemetry', 'shutdown_timeout']);
  const pipelines = readPipelines(reader, declared);
  const extensionIds = reader.has(['service', 'extensions']) ? (reader.read(['service', 'extensions'], extensionsSchema) ?? []) : [];
  checkReferences(reader, ['service', 'extensions'], extensionIds, 'extension', declared, undefined);
  const telemetry = reader.read(['service', 'telemetry'], registry.telemetry);
  const shutdownTimeoutMs = reader.has(['service', 'shutdown_timeout'])
    ? reader.read(['service', 'shutdown_timeout'], shutdownTimeoutSchema)
    : DEFAULT_SHUTDOWN_TIMEOUT_MS;

  if (reader.problems.length > 0 || telemetry === undefined || shutdownTimeoutMs === undefined) throw new ConfigError(reader.problems);
  return {
    receivers: receivers.components,
    processors: processors.components,
    exporters: exporters.components,
    extensions: pick(extensions.components, [...new Set(extensionIds)]),
    pipelines,
    telemetry,
    shutdownTimeoutMs,
  };
}

function pick<Value>(map: ReadonlyMap<string, Value>, keys: readonly string[]): ReadonlyMap<string, Value> {
  return new Map(keys.flatMap((key) => {
    const value = map.get(key);
    return value === undefined ? [] : [[key, value] as const];
  }));
}
