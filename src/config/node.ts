/**
 * A configuration as it was written: a tree whose every node knows where it stands, so that whatever is wrong with a
 * value after merging and substitution is still reported at its place in its file.
 */
export type ConfigNode = MapNode | ListNode | ScalarNode;

interface NodeBase {
  readonly at: Position;
  /** Where the node came out of `${…}`: that expression, and the text before YAML gave it a type. */
  readonly expanded?: { readonly expression: string; readonly text: string } | undefined;
  /** Whether it came out of a `${…}` that has no meaning, which is reported already: nothing more is to be said of it. */
  readonly isBroken?: boolean | undefined;
}

export interface MapNode extends NodeBase {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, MapEntry>;
}

export interface MapEntry {
  readonly keyAt: Position;
  readonly value: ConfigNode;
}

export interface ListNode extends NodeBase {
  readonly kind: 'list';
  readonly items: readonly ConfigNode[];
}

export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As it stands in the file, quotes included; only of what stands on one line. */
  readonly written?: string | undefined;
}

export interface Position {
  /** The file as the user named it, or the option it came from. */
  readonly source: string;
  /** Both from 1; absent for what was not written in a file. */
  readonly line: number | undefined;
  readonly column: number | undefined;
}

export type ConfigPath = readonly (string | number)[];

export function formatPosition(at: Position): string {
  return at.line === undefined ? at.source : `${at.source}:${at.line}:${at.column ?? 1}`;
}

/** `processors.tail_sampling.policies[1].latency`. */
export function formatPath(path: ConfigPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

function childNode(node: ConfigNode | undefined, step: string | number): ConfigNode | undefined {
  if (node?.kind === 'map') return node.entries.get(String(step))?.value;
  if (node?.kind === 'list') return node.items[Number(step)];
  return undefined;
}

export function nodeAt(root: ConfigNode, path: ConfigPath): ConfigNode | undefined {
  let node: ConfigNode | undefined = root;
  for (const step of path) node = childNode(node, step);
  return node;
}

/** The root and all nodes from there to `path`, as far as there are any. */
export function nodesOn(root: ConfigNode, path: ConfigPath): readonly ConfigNode[] {
  const nodes = [root];
  for (const step of path) {
    const child = childNode(nodes.at(-1), step);
    if (child === undefined) break;
    nodes.push(child);
  }
  return nodes;
}

/**
 * Where to point for a mistake at `path`: at the value, at the key where `what` asks for it or the value is another map
 * or list, and at the nearest key above for what is missing.
 *
 * @param offset of the mistake within the value, a text, where it is not the whole that is wrong
 */
export function locate(root: ConfigNode, path: ConfigPath, what: 'key' | 'value', offset?: number): Position {
  let node = root;
  let keyAt = root.at;
  for (const step of path) {
    const entry = node.kind === 'map' ? node.entries.get(String(step)) : undefined;
    const child = childNode(node, step);
    if (child === undefined) return keyAt;
    keyAt = entry?.keyAt ?? child.at;
    node = child;
  }
  return what === 'value' && node.kind === 'scalar' ? withinScalar(node, offset) : keyAt;
}

/** Where the unit at an offset into a text stands; where the text begins when that cannot be told. */
function withinScalar({ at, expanded, written }: ScalarNode, offset: number | undefined): Position {
  if (offset === undefined || written === undefined || expanded !== undefined || at.column === undefined) return at;
  return { ...at, column: at.column + writtenOffset(written, offset) };
}

/** An escape in double quotes. Each stands for one UTF-16 unit, but for \\U, which may stand for two. */
const ESCAPE = /\\(?:x..|u....|U........|.)/y;

/** How far into a scalar as it is written the unit at `offset` of its text stands. */
function writtenOffset(written: string, offset: number): number {
  const [quote] = written;
  if (quote !== "'" && quote !== '"') return offset;
  let at = 1;
  for (let unit = 0; unit < offset; unit++) {
    if (quote === "'") {
      at += written.startsWith("''", at) ? 2 : 1;
    } else {
      ESCAPE.lastIndex = at;
      const escape = ESCAPE.exec(written)?.[0] ?? ' ';
      at += escape.length;
      if (escape.length === 10 && !escape.startsWith('\\U0000')) unit++;
    }
  }
  return at;
}
