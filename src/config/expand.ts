import { closingBrace } from './expression.ts';
import type { ConfigNode, ConfigPath, MapEntry, Position, ScalarNode } from './node.ts';
import { parseYamlValue } from './parse-yaml.ts';
import type { ConfigProblem } from './problem.ts';
import { ConfigError, formatProblem } from './problem.ts';

/** Of expressions that come out of expressions, in one value and from file to file; as many as the Collector allows. */
const MAX_ROUNDS = 100;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]+):(.*)$/s;

export interface Environment {
  /** Undefined when it is not set. */
  variable(name: string): string | undefined;
  /** The tree of another file. */
  file(path: string, at: Position): ConfigNode;
  /** For what is allowed and still worth knowing. */
  warn(message: string): void;
}

/**
 * Puts in the values of `${env:NAME}`, `${NAME}`, `${env:NAME:-default}`, `${file:PATH}` and `${yaml:TEXT}`; `$$` is one
 * dollar. An expression that is a whole value is read as YAML (a number, a list), within a text it is put in as it is.
 * Keys are not expanded. A variable that is not set is nothing, with a warning.
 * https://opentelemetry.io/docs/collector/configuration/#environment-variables
 *
 * @param problems takes each expression that has no meaning; the value it stands in is marked as broken
 */
export function expandNode(node: ConfigNode, environment: Environment, problems: ConfigProblem[]): ConfigNode {
  return expandBelow(node, { path: [], files: 0, environment, problems });
}

/** Where an expansion is, and what it needs. */
interface Place {
  readonly path: ConfigPath;
  /** How many files lead here, one named in the other. */
  readonly files: number;
  readonly environment: Environment;
  readonly problems: ConfigProblem[];
}

function expandBelow(node: ConfigNode, place: Place): ConfigNode {
  const below = (step: string | number): Place => ({ ...place, path: [...place.path, step] });
  switch (node.kind) {
    case 'list':
      return { ...node, items: node.items.map((item, index) => expandBelow(item, below(index))) };
    case 'map': {
      const entries = new Map<string, MapEntry>();
      for (const [key, { keyAt, value }] of node.entries) entries.set(key, { keyAt, value: expandBelow(value, below(key)) });
      return { ...node, entries };
    }
    case 'scalar':
      if (typeof node.value !== 'string' || !node.value.includes('$')) return node;
      return expandScalar(node, node.value, place);
  }
}

function expandScalar(node: ScalarNode, text: string, place: Place): ConfigNode {
  try {
    return new Expansion(node, place).expand(text);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    place.problems.push(...error.problems);
    return { ...node, isBroken: true };
  }
}

/** The expansion of one scalar. */
class Expansion {
  readonly #scalar: ScalarNode;
  readonly #place: Place;
  #rounds: number;

  constructor(scalar: ScalarNode, place: Place) {
    this.#scalar = scalar;
    this.#place = place;
    this.#rounds = place.files;
  }

  expand(text: string): ConfigNode {
    if (text.startsWith('${') && closingBrace(text, 0) === text.length - 1) return this.#retrieve(text.slice(2, -1));
    const value = this.#expandText(text);
    return { ...this.#scalar, value, expanded: value === text ? this.#scalar.expanded : { expression: this.#expression, text: value } };
  }

  /** All expressions within a text, from left to right. */
  #expandText(text: string): string {
    let result = '';
    let from = 0;
    for (let dollar = text.indexOf('$'); dollar >= 0; dollar = text.indexOf('$', from)) {
      result += text.slice(from, dollar);
      const end = text[dollar + 1] === '{' ? closingBrace(text, dollar) : -1;
      if (end >= 0) {
        result += this.#textOf(this.#retrieve(text.slice(dollar + 2, end)), text.slice(dollar, end + 1));
        from = end + 1;
      } else {
        result += '$';
        from = dollar + (text[dollar + 1] === '$' ? 2 : 1);
      }
    }
    return result + text.slice(from);
  }

  #textOf(node: ConfigNode, expression: string): string {
    if (node.expanded !== undefined) return node.expanded.text;
    if (node.kind === 'scalar') return String(node.value ?? '');
    return this.#fail(`${expression} is a ${node.kind} and cannot be part of a text`);
  }

  /** @param inner what stands between the braces */
  #retrieve(inner: string): ConfigNode {
    // The path is left out: it grows with each round.
    if (++this.#rounds > MAX_ROUNDS) this.#fail(`${this.#expression} has no end: an expression leads back to itself`, []);
    const uri = this.#expandText(inner);
    const [, scheme = 'env', value = uri] = SCHEME.exec(uri) ?? [];
    switch (scheme) {
      case 'env':
        return this.#fromVariable(value);
      case 'file':
        return expandBelow(this.#place.environment.file(value, this.#scalar.at), { ...this.#place, files: this.#place.files + 1 });
      case 'yaml':
        return this.#fromText(value);
      default:
        // ${NAME:-default} has the form of a scheme too.
        if (value.startsWith('-')) return this.#fromVariable(uri);
        return this.#fail(`\${${uri}}: nothing can be read from "${scheme}:"; env, file and yaml are known, and $$ writes a dollar`);
    }
  }

  #fromVariable(uri: string): ConfigNode {
    const [name = '', ...rest] = uri.split(':-');
    const fallback = rest.length === 0 ? undefined : rest.join(':-');
    if (!VARIABLE.test(name)) {
      this.#fail(`"${name}" is no name of an environment variable (letters, digits and _); write $\${${name}} to mean the text itself`);
    }
    const value = this.#place.environment.variable(name);
    if (value !== undefined) return this.#fromText(value);
    if (fallback === undefined) {
      this.#place.environment.warn(formatProblem({ at: this.#scalar.at, path: this.#place.path, message: `the environment variable ${name} is not set; its value is taken as empty` }));
    }
    // An empty default is the empty text; a missing one is no value at all.
    if (fallback === '') return { ...this.#scalar, value: '', expanded: { expression: this.#expression, text: '' } };
    return this.#fromText(fallback ?? '');
  }

  #fromText(text: string): ConfigNode {
    if (text.includes('${')) return this.expand(text);
    const plain = text.replaceAll('$$', '$');
    // What cannot be read as YAML (a password, say) is the text that it is.
    let node: ConfigNode;
    try {
      node = parseYamlValue(plain, this.#scalar.at);
    } catch {
      node = { kind: 'scalar', at: this.#scalar.at, value: plain };
    }
    return { ...node, expanded: { expression: this.#expression, text: plain } };
  }

  get #expression(): string {
    return String(this.#scalar.value);
  }

  #fail(message: string, path = this.#place.path): never {
    throw new ConfigError([{ at: this.#scalar.at, path, message }]);
  }
}
