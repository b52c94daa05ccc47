import type { ConfigNode, MapEntry, Position, ScalarNode } from './node.ts';
import { formatPosition } from './node.ts';
import { parseYamlValue } from './parse-yaml.ts';
import { ConfigError } from './problem.ts';

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
 * @throws ConfigError for an expression that has no meaning
 */
export function expandNode(node: ConfigNode, environment: Environment): ConfigNode {
  return expandBelow(node, environment, 0);
}

/** @param files how many files lead here, one named in the other */
function expandBelow(node: ConfigNode, environment: Environment, files: number): ConfigNode {
  switch (node.kind) {
    case 'list':
      return { ...node, items: node.items.map((item) => expandBelow(item, environment, files)) };
    case 'map': {
      const entries = new Map<string, MapEntry>();
      for (const [key, { keyAt, value }] of node.entries) entries.set(key, { keyAt, value: expandBelow(value, environment, files) });
      return { ...node, entries };
    }
    case 'scalar':
      if (typeof node.value !== 'string' || !node.value.includes('$')) return node;
      return new Expansion(node, environment, files).expand(node.value);
  }
}

/** The expansion of one scalar. */
class Expansion {
  readonly #scalar: ScalarNode;
  readonly #environment: Environment;
  readonly #files: number;
  #rounds: number;

  constructor(scalar: ScalarNode, environment: Environment, files: number) {
    this.#scalar = scalar;
    this.#environment = environment;
    this.#files = files;
    this.#rounds = files;
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
    if (++this.#rounds > MAX_ROUNDS) this.#fail(`${this.#expression} has no end: an expression leads back to itself`);
    const uri = this.#expandText(inner);
    const [, scheme = 'env', value = uri] = SCHEME.exec(uri) ?? [];
    switch (scheme) {
      case 'env':
        return this.#fromVariable(value);
      case 'file':
        return expandBelow(this.#environment.file(value, this.#scalar.at), this.#environment, this.#files + 1);
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
    const value = this.#environment.variable(name);
    if (value !== undefined) return this.#fromText(value);
    if (fallback === undefined) {
      this.#environment.warn(`${formatPosition(this.#scalar.at)}: the environment variable ${name} is not set; its value is taken as empty`);
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

  #fail(message: string): never {
    throw new ConfigError([{ at: this.#scalar.at, path: [], message }]);
  }
}

/** The `}` that belongs to the `${` at `dollar`; -1 when there is none. */
function closingBrace(text: string, dollar: number): number {
  let depth = 0;
  for (let i = dollar; i < text.length; i++) {
    if (text[i] === '$' && text[i + 1] === '{') {
      depth++;
      i++;
    } else if (text[i] === '}' && --depth === 0) {
      return i;
    }
  }
  return -1;
}
