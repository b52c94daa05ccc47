import type { ConfigNode, ConfigPath } from './node.ts';
import { formatPath, locate, nodeAt } from './node.ts';
import { ConfigError } from './problem.ts';

/** What only a configuration has at its top; Helm values know a `service` too. */
const OWN_SECTIONS = ['receivers', 'processors', 'exporters', 'extensions', 'connectors'];

/** A configuration as text, as ConfigMaps have it. */
const AS_TEXT = /^receivers:[^]*^service:|^service:[^]*^receivers:/m;

/**
 * Helm values, Kubernetes resources and the like hold a configuration and are none: says where in them it stands, once,
 * instead of calling each of their own keys unknown.
 *
 * @throws ConfigError for one of these
 */
export function refuseWrapped(root: ConfigNode): void {
  if (isConfig(root)) return;
  const kind = nodeAt(root, ['apiVersion']) === undefined ? undefined : nodeAt(root, ['kind']);
  const resource = kind?.kind === 'scalar' ? `this is a Kubernetes resource, ${String(kind.value)}` : undefined;
  const path = findConfig(root);
  if (path !== undefined) {
    const what = resource ?? 'this holds a configuration, as Helm values do, and is none itself';
    const message = `${what}: give what stands under "${formatPath(path)}", in a file of its own`;
    throw new ConfigError([{ at: locate(root, path, 'key'), path: [], message }]);
  }
  if (resource !== undefined) throw new ConfigError([{ at: root.at, path: [], message: `${resource}, and no configuration` }]);
}

/** Where a configuration stands that is nearest to the top. */
function findConfig(root: ConfigNode): ConfigPath | undefined {
  let level: readonly (readonly [ConfigPath, ConfigNode])[] = [[[], root]];
  while (level.length > 0) {
    const found = level.find(([, node]) => isConfig(node));
    if (found !== undefined) return found[0];
    level = level.flatMap(([path, node]) => childrenOf(node).map(([step, child]): [ConfigPath, ConfigNode] => [[...path, step], child]));
  }
  return undefined;
}

function childrenOf(node: ConfigNode): readonly (readonly [string | number, ConfigNode])[] {
  switch (node.kind) {
    case 'map':
      return [...node.entries].map(([key, { value }]) => [key, value]);
    case 'list':
      return [...node.items.entries()];
    case 'scalar':
      return [];
  }
}

function isConfig(node: ConfigNode): boolean {
  if (node.kind === 'scalar') return typeof node.value === 'string' && AS_TEXT.test(node.value);
  return OWN_SECTIONS.some((section) => nodeAt(node, [section])?.kind === 'map') || nodeAt(node, ['service', 'pipelines'])?.kind === 'map';
}
