import type { AnyFactory } from '../src/component/factory.ts';
import { SECTIONS } from '../src/config/components.ts';
import type { ComponentKind, Registry } from '../src/config/config.ts';
import { serviceSchemas } from '../src/config/load.ts';
import { pipelineSchema } from '../src/config/pipelines.ts';
import type { JsonSchema } from './editor-schema.ts';
import { inputSchema } from './editor-schema.ts';
import { cell, table } from './markdown.ts';

const INTRODUCTION = `# Configuration reference

Every key of every component, made from the schemas that check a configuration (\`npm run generate\`).

A configuration is an OpenTelemetry Collector's: \`receivers\`, \`processors\`, \`exporters\` and \`extensions\` hold components by
id, which is their type, or \`type/name\` where there are several of one type; \`service\` says which of them are used and how.
A component with nothing behind its id has all defaults.

- \`\${env:NAME}\` or \`\${NAME}\` is the value of an environment variable, \`\${env:NAME:-default}\` with a default, \`$$\` a dollar.
- \`--config\` may be given several times: each is laid over those before it, maps key by key, lists as a whole.
  A location is a path, \`file:PATH\`, \`env:NAME\` or \`yaml:TEXT\`.
- \`--set processors.batch.timeout=2s\` sets one value over all of them.
- What policies there are and what they take is in [policies.md](policies.md).
- A duration is written as \`500ms\`, \`10s\` or \`1h30m\`.
- \`tailrace validate --config FILE\` says every mistake with file, line and column. Editors complete and check with
  [config/schema.json](../config/schema.json): put \`# yaml-language-server: $schema=…/config/schema.json\` into the first line.

`;

/** `docs/configuration.md`. */
export function configurationPage({ components, telemetry }: Registry<AnyFactory, unknown>): string {
  let page = INTRODUCTION;
  for (const [kind, section] of Object.entries(SECTIONS) as [ComponentKind, string][]) {
    page += `## \`${section}\`\n\n`;
    for (const factory of components.filter((candidate) => candidate.kind === kind)) {
      const also = factory.aliases.length === 0 ? '' : `Also written ${factory.aliases.map((alias) => `\`${alias}\``).join(', ')}. `;
      const signals = factory.kind === 'extension' ? '' : `Signals: ${factory.signals.join(', ')}.`;
      const notes = `${also}${signals}`.trim();
      page += `### \`${factory.type}\`\n\n${notes === '' ? '' : `${notes}\n\n`}${keyTable(inputSchema(factory.schema))}\n`;
    }
  }
  page += `## \`service\`\n\n### \`pipelines.<signal>[/name]\`\n\nA pipeline carries \`traces\`, \`metrics\` or \`logs\`.\n\n${keyTable(inputSchema(pipelineSchema))}\n`;
  const own: JsonSchema = {
    type: 'object',
    properties: {
      extensions: { ...inputSchema(serviceSchemas.extensions), default: [] },
      shutdown_timeout: { ...inputSchema(serviceSchemas.shutdown_timeout), default: '30s' },
    },
  };
  page += `### Other keys of \`service\`\n\n${keyTable(own)}\n### \`telemetry\`\n\n${keyTable(inputSchema(telemetry))}`;
  return page;
}

/** One row a key, blocks in blocks written as a path. */
export function keyTable(schema: JsonSchema): string {
  const rows = rowsOf(schema, '', schema, []);
  return rows.length === 0 ? 'It has no keys.\n' : table(['Key', 'Value', 'Default', 'Meaning'], rows);
}

type Row = readonly string[];

/** @param seen references that lead here: a schema that contains itself is written out once */
function rowsOf(schema: JsonSchema, prefix: string, root: JsonSchema, seen: readonly string[]): readonly Row[] {
  // Policies have a page of their own.
  if (schema.title === 'policy') return [];
  if (schema.$ref !== undefined) {
    return seen.includes(schema.$ref) ? [] : rowsOf(resolve(schema, root), prefix, root, [...seen, schema.$ref]);
  }
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const required = schema.required?.includes(key) === true;
    return [rowOf(path, property, required, root), ...rowsOf(property, path, root, seen)];
  });
  const items = schema.items === undefined ? [] : rowsOf(schema.items, `${prefix}[]`, root, seen);
  const entries = typeof schema.additionalProperties === 'object' ? rowsOf(schema.additionalProperties, `${prefix}.<key>`, root, seen) : [];
  const choices = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].map((choice) => rowsOf(choice, prefix, root, seen));
  return [...own, ...items, ...entries, ...joined(choices, prefix)];
}

function rowOf(path: string, schema: JsonSchema, required: boolean, root: JsonSchema): Row {
  const byDefault = required ? 'required' : schema.default === undefined || isBlock(schema.default) ? '' : `\`${JSON.stringify(schema.default)}\``;
  return [`\`${path}\``, cell(valueOf(schema, root)), cell(byDefault), cell(schema.description ?? '')];
}

/** The rows of several blocks, under `prefix`, of which one is written: what they share stands once, with all its values. */
function joined(choices: readonly (readonly Row[])[], prefix: string): readonly Row[] {
  const byPath = new Map<string, Row[]>();
  for (const row of choices.flat()) {
    const [path = '', value] = row;
    // A key without a kind of value belongs to another of the blocks, and is let pass in this one.
    if (value !== '') byPath.set(path, [...(byPath.get(path) ?? []), row]);
  }
  return [...byPath].map(([path, rows]) => {
    const [, , byDefault = '', meaning = ''] = rows[0] ?? [];
    const values = [...new Set(rows.map(([, value]) => value))].join(', ');
    const isOfOne = rows.length < choices.length && !path.slice(prefix.length + 2).includes('.');
    return [path, values, isOfOne && byDefault === 'required' ? 'required by its type' : byDefault, meaning];
  });
}

/** What kind of value stands there, in a word or two. */
function valueOf(schema: JsonSchema, root: JsonSchema): string {
  if (schema.title !== undefined) return schema.title;
  if (schema.$ref !== undefined) return valueOf(resolve(schema, root), root);
  if (schema.const !== undefined) return `\`${literal(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.filter((value) => value !== '').map((value) => `\`${literal(value)}\``).join(', ');
  const choices = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  if (choices.length > 0) return [...new Set(choices.map((choice) => valueOf(choice, root)))].filter((kind) => kind !== 'nothing').join(' or ');
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  return types.map((type) => kindOf(type, schema, root)).join(' or ');
}

function kindOf(type: string, schema: JsonSchema, root: JsonSchema): string {
  switch (type) {
    case 'integer':
      return 'whole number';
    case 'boolean':
      return '`true`, `false`';
    case 'null':
      return 'nothing';
    case 'array':
      return `list of ${plural(valueOf(schema.items ?? {}, root))}`;
    case 'object':
      return typeof schema.additionalProperties === 'object' ? 'map' : 'block';
    default:
      return type;
  }
}

function plural(kind: string): string {
  if (!/^[a-z ]+$/.test(kind)) return kind;
  return kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : `${kind}s`;
}

function isBlock(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const name = schema.$ref?.split('/').at(-1) ?? '';
  return name === '#' ? root : (root.$defs?.[name] ?? {});
}

function literal(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
