import type { ConfigNode, MapEntry } from './node.ts';

/** Between the keys of a path that is written as one key, as in `processors::batch::timeout: 2s`. */
const KEY_DELIMITER = '::';

/** All of `trees`, each laid over the one before; an empty file changes nothing. */
export function mergeAll(trees: readonly ConfigNode[]): ConfigNode {
  const written = trees.filter((tree) => tree.kind !== 'scalar' || tree.value !== null);
  return written.length === 0 ? (trees[0] ?? EMPTY) : written.reduce(mergeNodes);
}

const EMPTY: ConfigNode = { kind: 'map', at: { source: 'the configuration', line: undefined, column: undefined }, entries: new Map() };

/**
 * Lays one configuration over another as the Collector does: maps are joined key by key, all else (lists too) is replaced.
 * https://pkg.go.dev/go.opentelemetry.io/collector/confmap#Conf.Merge
 */
function mergeNodes(below: ConfigNode, above: ConfigNode): ConfigNode {
  if (below.kind !== 'map' || above.kind !== 'map') return above;
  const entries = new Map(below.entries);
  for (const [key, entry] of above.entries) {
    const replaced = entries.get(key);
    if (replaced === undefined) entries.set(key, entry);
    else entries.set(key, { keyAt: entry.keyAt, value: mergeNodes(replaced.value, entry.value) });
  }
  return { kind: 'map', at: above.at, entries };
}

/** `entries` with one more; a key with `::` in it opens a map for each of its parts. */
export function withEntry(entries: ReadonlyMap<string, MapEntry>, key: string, entry: MapEntry): ReadonlyMap<string, MapEntry> {
  const steps = key.split(KEY_DELIMITER);
  const last = steps.pop() ?? '';
  let value: ConfigNode = { kind: 'map', at: entry.keyAt, entries: new Map([[last, entry]]) };
  for (const step of steps.reverse()) {
    value = { kind: 'map', at: entry.keyAt, entries: new Map([[step, { keyAt: entry.keyAt, value }]]) };
  }
  const merged = mergeNodes({ kind: 'map', at: entry.keyAt, entries }, value);
  return merged.kind === 'map' ? merged.entries : entries;
}
