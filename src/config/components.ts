import { nearest } from '../internal/nearest.ts';
import type { ComponentKind, ComponentType, ConfiguredComponent } from './config.ts';
import type { ConfigReader } from './config-reader.ts';

/** The section of each kind of component. */
export const SECTIONS: Readonly<Record<ComponentKind, string>> = {
  receiver: 'receivers',
  processor: 'processors',
  exporter: 'exporters',
  extension: 'extensions',
};

/** https://pkg.go.dev/go.opentelemetry.io/collector/component#ID */
const ID = /^([a-zA-Z][0-9a-zA-Z_]{0,62})(?:\/(\S(?:.{0,1022}\S)?))?$/;

/** What one section declares. */
export interface Section<Type> {
  /** By id; those whose block is right. */
  readonly components: ReadonlyMap<string, ConfiguredComponent<Type>>;
  /** All ids whose type is known, so that a mistake in a block is not reported a second time where a pipeline names it. */
  readonly declared: ReadonlyMap<string, Type>;
}

/** Reads the components of one kind; each mistake is reported where it stands. */
export function readSection<Type extends ComponentType, Kind extends ComponentKind>(
  reader: ConfigReader,
  kind: Kind,
  types: readonly Type[],
): Section<Extract<Type, { kind: Kind }>> {
  const components = new Map<string, ConfiguredComponent<Extract<Type, { kind: Kind }>>>();
  const declared = new Map<string, Extract<Type, { kind: Kind }>>();
  const section = SECTIONS[kind];
  for (const id of reader.keys([section])) {
    const typeName = ID.exec(id)?.[1];
    if (typeName === undefined) {
      reader.report([section, id], 'key', `"${id}" is no id of a component: write its type, or type/name`);
      continue;
    }
    const type = types.find((candidate): candidate is Extract<Type, { kind: Kind }> => candidate.kind === kind && isCalled(candidate, typeName));
    if (type === undefined) {
      reader.report([section, id], 'key', describeUnknownType(typeName, kind, types));
      continue;
    }
    declared.set(id, type);
    const config = reader.read([section, id], type.schema);
    if (config !== undefined) components.set(id, { id, type, config });
  }
  return { components, declared };
}

function isCalled(type: ComponentType, name: string): boolean {
  return type.type === name || type.aliases.includes(name);
}

/** Types that the Collector had once, with what took their place. */
const REMOVED_TYPES: Readonly<Record<string, string>> = {
  memory_ballast: 'bound the memory with the processor memory_limiter, or --max-old-space-size for Node.js',
  queued_retry: 'every exporter has retry_on_failure and sending_queue of its own',
};

function describeUnknownType(name: string, kind: ComponentKind, types: readonly ComponentType[]): string {
  const instead = REMOVED_TYPES[name];
  if (instead !== undefined) return `"${name}" was removed from the Collector: ${instead}`;
  const otherKind = types.find((type) => type.kind !== kind && isCalled(type, name))?.kind;
  if (otherKind !== undefined) return `"${name}" is ${withArticle(otherKind)}: it belongs under "${SECTIONS[otherKind]}"`;
  const known = types.filter((type) => type.kind === kind);
  const meant = nearest(name, known.flatMap((type) => [type.type, ...type.aliases]));
  const hint = meant === undefined ? '' : ` (did you mean "${meant}"?)`;
  return `Tailrace has no ${kind} of type "${name}"${hint}; it has ${known.map((type) => type.type).toSorted().join(', ')}`;
}

export function withArticle(kind: ComponentKind): string {
  return kind === 'exporter' || kind === 'extension' ? `an ${kind}` : `a ${kind}`;
}
