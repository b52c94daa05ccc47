import type { Document, Node, Pair, ParsedNode, Range, Scalar, YAMLMap } from 'yaml';
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { ConfigNode, ConfigPath, MapEntry, Position, ScalarNode } from './node.ts';
import { withEntry } from './merge.ts';
import { ConfigError } from './problem.ts';
import { describeYamlError, yamlMistakes } from './yaml-mistakes.ts';

/** More than any configuration has, less than an alias bomb makes. */
const MAX_NODES = 100_000;
const MAX_DEPTH = 100;

/** `100_000`, which Go's YAML reads as a number. */
const grouped = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?[0-9]+(?:_[0-9]+)+$/,
  resolve: (text: string) => Number(text.replaceAll('_', '')),
} as const;

/**
 * One YAML document as a tree with positions. An empty one is null.
 *
 * @param source what positions name: the file as the user wrote it
 * @throws ConfigError with every mistake in the YAML itself
 */
export function parseYaml(text: string, source: string): ConfigNode {
  const lines = new LineCounter();
  const document = parse(text, lines);
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { source, line, column: col };
  };
  if (document.errors.length > 0) {
    throw new ConfigError(yamlMistakes(text, (tried) => parse(tried)).map(({ offset, path, message }) => ({ at: position(offset), path, message })));
  }
  return new TreeBuilder(document, position, text).build(document.contents, position(0), 0);
}

/**
 * The tree of a YAML text that stands in for one value: all its nodes are where that value is.
 *
 * @param path of that value
 * @throws ConfigError at `at` when the text is no YAML
 */
export function parseYamlValue(text: string, at: Position, path: ConfigPath = []): ConfigNode {
  const document = parse(text);
  const error = document.errors[0];
  if (error !== undefined) throw new ConfigError([{ at, path, message: `the value is no YAML: ${describeYamlError(error)}` }]);
  return new TreeBuilder(document, () => at, undefined).build(document.contents, at, 0);
}

function parse(text: string, lines?: LineCounter): Document.Parsed {
  return parseDocument(text, { merge: true, prettyErrors: false, customTags: [grouped], ...(lines === undefined ? {} : { lineCounter: lines }) });
}

class TreeBuilder {
  readonly #document: Document.Parsed;
  readonly #position: (offset: number) => Position;
  /** What the positions are in; undefined where they are all one. */
  readonly #text: string | undefined;
  #nodes = 0;

  constructor(document: Document.Parsed, position: (offset: number) => Position, text: string | undefined) {
    this.#document = document;
    this.#position = position;
    this.#text = text;
  }

  /** @param missingAt the place of a value that is not there, as in `key:` */
  build(node: Node | ParsedNode | null, missingAt: Position, depth: number): ConfigNode {
    const at = node?.range ? this.#position(node.range[0]) : missingAt;
    if (++this.#nodes > MAX_NODES || depth > MAX_DEPTH) this.#fail(at, 'too many aliases or too deeply nested');
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      if (target === undefined) this.#fail(at, `the anchor &${node.source} is not defined above`);
      return standingAt(at, this.build(target, at, depth + 1));
    }
    if (isMap(node)) return this.#buildMap(node, at, depth);
    if (isSeq(node)) {
      return { kind: 'list', at, items: node.items.map((item) => this.build(isPair(item) ? null : (item as Node), at, depth + 1)) };
    }
    return this.#buildScalar(isScalar(node) ? node : null, at);
  }

  #buildMap(node: YAMLMap, at: Position, depth: number): ConfigNode {
    const merged = new Map<string, MapEntry>();
    let own: ReadonlyMap<string, MapEntry> = new Map();
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      const keyAt = pair.key.range ? this.#position(pair.key.range[0]) : at;
      const key = isScalar(pair.key) ? String(pair.key.source ?? pair.key.value) : this.#fail(keyAt, 'a key must be a text');
      const value = this.build(pair.value, keyAt, depth + 1);
      if (key === '<<') this.#mergeInto(merged, value);
      else own = withEntry(own, isScalar(pair.key) && typeof pair.key.value === 'string' ? pair.key.value : key, { keyAt, value });
    }
    for (const [key, entry] of own) merged.set(key, entry);
    return { kind: 'map', at, entries: merged };
  }

  /** `<<: *base` and `<<: [*first, *second]`: what comes first wins, and what the map says itself wins over both. */
  #mergeInto(merged: Map<string, MapEntry>, value: ConfigNode): void {
    const bases = value.kind === 'list' ? value.items : [value];
    for (const base of bases) {
      if (base.kind !== 'map') this.#fail(base.at, '<< takes a map or a list of maps');
      for (const [key, entry] of base.entries) if (!merged.has(key)) merged.set(key, entry);
    }
  }

  #buildScalar(scalar: Scalar | null, at: Position): ScalarNode {
    const value = scalar?.value;
    if (typeof value === 'string') return { kind: 'scalar', at, value, written: this.#written(scalar?.range) };
    if (typeof value === 'number' || typeof value === 'boolean') return { kind: 'scalar', at, value };
    if (value === null || value === undefined) return { kind: 'scalar', at, value: null };
    return this.#fail(at, 'this kind of YAML value has no meaning in a configuration');
  }

  #written(range: Range | null | undefined): string | undefined {
    const written = range ? this.#text?.slice(range[0], range[1]) : undefined;
    return written?.includes('\n') === true ? undefined : written;
  }

  #fail(at: Position, message: string): never {
    throw new ConfigError([{ at, path: [], message }]);
  }
}

/** What an alias stands for; nothing inside it is written where the alias is. */
function standingAt(at: Position, node: ConfigNode): ConfigNode {
  return node.kind === 'scalar' ? { ...node, at, written: undefined } : { ...node, at };
}
