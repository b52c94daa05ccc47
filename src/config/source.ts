import { readFileSync } from 'node:fs';
import { messageOf } from '../internal/message-of.ts';
import type { ConfigNode, Position } from './node.ts';
import type { Environment } from './expand.ts';
import { withEntry } from './merge.ts';
import { parseYaml, parseYamlValue } from './parse-yaml.ts';
import { ConfigError } from './problem.ts';

/** `scheme:` of at least two letters, so that `C:\config.yaml` is a file. */
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]+):(.*)$/s;

/**
 * Reads what one `--config` names: `file:PATH` or a path, `env:NAME` (the text of a variable) or `yaml:TEXT`.
 * https://opentelemetry.io/docs/collector/configuration/#location
 */
export function readSource(uri: string, environment: Environment): ConfigNode {
  const at: Position = { source: uri, line: undefined, column: undefined };
  const [, scheme = 'file', rest = uri] = SCHEME.exec(uri) ?? [];
  switch (scheme) {
    case 'file':
      return environment.file(rest, { source: '--config', line: undefined, column: undefined });
    case 'yaml':
      return parseYaml(rest, '--config yaml:');
    case 'env': {
      const text = environment.variable(rest);
      if (text === undefined) throw new ConfigError([{ at, path: [], message: `the environment variable ${rest} is not set` }]);
      return parseYaml(text, uri);
    }
    default:
      throw new ConfigError([{ at, path: [], message: `nothing can be read from "${scheme}:"; a path, file:, env: and yaml: are known` }]);
  }
}

/**
 * What one `--set` says, as `processors.batch.timeout=2s` or `processors::batch::timeout=2s`; the value is YAML. A key
 * that has a dot in it needs the second form.
 */
export function readSet(assignment: string): ConfigNode {
  const equals = assignment.indexOf('=');
  const key = assignment.slice(0, Math.max(0, equals)).trim();
  const at: Position = { source: '--set', line: undefined, column: undefined };
  if (key === '') throw new ConfigError([{ at, path: [], message: `"${assignment}" must be key=value, as processors.batch.timeout=2s` }]);
  const path = key.includes('::') ? key : key.replaceAll('.', '::');
  const value = parseYamlValue(assignment.slice(equals + 1).trim(), at, path.split('::'));
  return { kind: 'map', at, entries: withEntry(new Map(), path, { keyAt: at, value }) };
}

/** The process's own surroundings. Warnings are handed on. */
export function processEnvironment(warn: (message: string) => void): Environment {
  return {
    variable: (name) => process.env[name],
    file(path, at) {
      try {
        return parseYaml(readFileSync(path, 'utf8'), path);
      } catch (error) {
        if (error instanceof ConfigError) throw error;
        throw new ConfigError([{ at, path: [], message: `cannot read ${path}: ${readFailure(error)}` }]);
      }
    },
    warn,
  };
}

function readFailure(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
      return 'this user may not read it';
    case 'EISDIR':
      return 'it is a directory';
    default:
      return messageOf(error);
  }
}
