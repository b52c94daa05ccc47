import type { z } from 'zod';
import { nearest } from '../internal/nearest.ts';
import { conform } from './conform.ts';
import { check } from './describe-issue.ts';
import type { ConfigNode, ConfigPath, MapNode, ScalarNode } from './node.ts';
import { locate, nodeAt, nodesOn } from './node.ts';
import type { ConfigProblem } from './problem.ts';
import { formatProblem } from './problem.ts';

/** Reads blocks out of a tree and collects what is wrong with them, so that all of it is reported together. */
export class ConfigReader {
  readonly #root: ConfigNode;
  readonly #problems: ConfigProblem[];
  /** What was to be a map and is none. */
  readonly #noMaps = new Set<ConfigNode>();

  /** @param problems that are known already */
  constructor(root: ConfigNode, problems: readonly ConfigProblem[] = []) {
    this.#root = root;
    this.#problems = [...problems];
  }

  /** In the order in which they stand in the files. */
  get problems(): readonly ConfigProblem[] {
    const sources = [...new Set(this.#problems.map((problem) => problem.at.source))];
    return this.#problems.toSorted(
      ({ at: a }, { at: b }) =>
        sources.indexOf(a.source) - sources.indexOf(b.source) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
    );
  }

  /** @param offset of the mistake within the value, a text, where it is not the whole that is wrong */
  report(path: ConfigPath, what: 'key' | 'value', message: string, offset?: number): void {
    if (this.isUnreadable(path)) return;
    const problem: ConfigProblem = { at: locate(this.#root, path, what, offset), path: what === 'key' ? path.slice(0, -1) : path, message };
    // The same block may be looked at more than once.
    const line = formatProblem(problem);
    if (!this.#problems.some((known) => formatProblem(known) === line)) this.#problems.push(problem);
  }

  /** The block at `path`, checked; undefined, and reported, when anything in it is wrong. A block that is not there is read as empty. */
  read<T>(path: ConfigPath, schema: z.ZodType<T>): T | undefined {
    const result = check(schema, conform(nodeAt(this.#root, path) ?? this.#nothing(), schema));
    if ('data' in result) return result.data;
    for (const mistake of result.mistakes) {
      const at = [...path, ...mistake.path];
      this.report(at, mistake.what, this.#withoutValue(mistake.message, nodeAt(this.#root, at)), mistake.offset);
    }
    return undefined;
  }

  /** Whether anything is written at `path`. */
  has(path: ConfigPath): boolean {
    const node = nodeAt(this.#root, path);
    return node !== undefined && !(node.kind === 'scalar' && node.value === null);
  }

  /** The keys of the map at `path`; none, and reported where it is no map. Nothing there is no mistake. */
  keys(path: ConfigPath): readonly string[] {
    const map = this.#map(path);
    return map === undefined ? [] : [...map.entries.keys()];
  }

  /** Whether what stands at `path`, or what that stands in, is reported as a whole: nobody knows what is meant to be there. */
  isUnreadable(path: ConfigPath): boolean {
    return nodesOn(this.#root, path).some((node) => node.isBroken === true || this.#noMaps.has(node));
  }

  /** Reports each key at `path` that is not among `known`. */
  refuseOtherKeys(path: ConfigPath, known: readonly string[]): void {
    for (const key of this.keys(path)) {
      if (known.includes(key)) continue;
      const meant = nearest(key, known);
      const hint = meant === undefined ? `; known here: ${known.join(', ')}` : ` (did you mean "${meant}"?)`;
      this.report([...path, key], 'key', `unknown key "${key}"${hint}`);
    }
  }

  #map(path: ConfigPath): MapNode | undefined {
    const node = nodeAt(this.#root, path);
    if (node === undefined || node.kind === 'map') return node;
    if (node.kind === 'list' || node.value !== null) {
      this.report(path, 'value', 'must be a map');
      this.#noMaps.add(node);
    }
    return undefined;
  }

  #nothing(): ScalarNode {
    return { kind: 'scalar', at: this.#root.at, value: null };
  }

  /** What an environment variable holds may be a secret: the expression is shown in its place. */
  #withoutValue(message: string, node: ConfigNode | undefined): string {
    const expanded = node?.expanded;
    if (expanded === undefined || expanded.text === '') return message;
    const shown = message.replaceAll(`"${expanded.text}"`, expanded.expression);
    return shown.endsWith(`but is ${expanded.text}`) ? shown.slice(0, -expanded.text.length) + expanded.expression : shown;
  }
}
