import { z } from 'zod';
import type { AnyFactory } from '../src/component/factory.ts';
import { SECTIONS } from '../src/config/components.ts';
import type { ComponentKind, Registry } from '../src/config/config.ts';
import { serviceSchemas } from '../src/config/load.ts';
import { pipelineSchema } from '../src/config/pipelines.ts';
import { formatGoDuration } from '../src/internal/go-duration.ts';

/** The part of JSON Schema that zod writes. */
export interface JsonSchema {
  [key: string]: unknown;
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
}

/** What users may write, as opposed to what the schema makes of it. */
export function inputSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      // A default that is given in milliseconds, as one would write it; zod leaves it out, being no input.
      const byDefault = zodSchema instanceof z.ZodDefault ? zodSchema.def.defaultValue : jsonSchema.default;
      if (jsonSchema.title === 'duration' && typeof byDefault === 'number') jsonSchema.default = formatGoDuration(byDefault);
    },
  });
  return json as JsonSchema;
}

const EXPRESSION: JsonSchema = { type: 'string', pattern: '\\$\\{' };

/** One JSON Schema of the whole configuration, for completion and checks in editors. */
export function editorSchema({ components, telemetry }: Registry<AnyFactory, unknown>): JsonSchema {
  const definitions: Record<string, JsonSchema> = {};
  const define = (name: string, schema: z.ZodType): JsonSchema => {
    definitions[name] = asWritten(withRefsBelow(inputSchema(schema), `#/$defs/${name}`));
    return { $ref: `#/$defs/${name}` };
  };
  const sections: Record<string, JsonSchema> = {};
  for (const [kind, section] of Object.entries(SECTIONS) as [ComponentKind, string][]) {
    const blocks = components
      .filter((factory) => factory.kind === kind)
      .map((factory) => [`^(?:${[factory.type, ...factory.aliases].join('|')})(?:/.+)?$`, orNothing(define(`${kind}_${factory.type}`, factory.schema))]);
    sections[section] = { type: ['object', 'null'], patternProperties: Object.fromEntries(blocks), additionalProperties: false };
  }
  const pipelines = {
    type: 'object',
    patternProperties: { '^(?:traces|metrics|logs)(?:/.+)?$': define('pipeline', pipelineSchema) },
    additionalProperties: false,
    minProperties: 1,
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Tailrace configuration',
    type: 'object',
    properties: {
      ...sections,
      service: {
        type: 'object',
        properties: {
          extensions: define('service_extensions', serviceSchemas.extensions),
          pipelines,
          telemetry: orNothing(define('service_telemetry', telemetry)),
          shutdown_timeout: define('service_shutdown_timeout', serviceSchemas.shutdown_timeout),
        },
        required: ['pipelines'],
        additionalProperties: false,
      },
    },
    required: ['service'],
    additionalProperties: false,
    $defs: definitions,
  };
}

function orNothing(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, { type: 'null' }] };
}

/** References within one component's schema, moved to where that schema is put. */
function withRefsBelow(schema: JsonSchema, base: string): JsonSchema {
  return mapSchemas(schema, (inner) => (inner.$ref?.startsWith('#') === true ? { ...inner, $ref: base + inner.$ref.slice(1) } : inner));
}

/** Where a number, a word or a block is meant, `${env:NAME}` or nothing at all (for the default) may stand. */
function asWritten(schema: JsonSchema): JsonSchema {
  return mapSchemas(schema, (inner) => {
    if (inner.properties === undefined) return inner;
    const required = new Set(inner.required);
    const properties = Object.entries(inner.properties).map(([key, property]) => {
      if (property.const !== undefined) return [key, property];
      const { title, description, default: byDefault, ...rest } = property;
      const alternatives = [rest, ...(isText(rest) ? [] : [EXPRESSION]), ...(required.has(key) ? [] : [{ type: 'null' }])];
      const notes = Object.fromEntries(Object.entries({ title, description, default: byDefault }).filter(([, note]) => note !== undefined));
      return [key, alternatives.length === 1 ? property : { ...notes, anyOf: alternatives }];
    });
    return { ...inner, properties: Object.fromEntries(properties) as Readonly<Record<string, JsonSchema>> };
  });
}

function isText(schema: JsonSchema): boolean {
  return schema.type === 'string' && schema.enum === undefined && schema['pattern'] === undefined;
}

/** A copy with `change` done to every schema in it, from the leaves up. */
function mapSchemas(schema: JsonSchema, change: (schema: JsonSchema) => JsonSchema): JsonSchema {
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) copy[key] = mapKeyword(key, value, change);
  return change(copy);
}

function mapKeyword(key: string, value: unknown, change: (schema: JsonSchema) => JsonSchema): unknown {
  switch (key) {
    case 'properties':
    case '$defs':
      return Object.fromEntries(Object.entries(value as Readonly<Record<string, JsonSchema>>).map(([name, inner]) => [name, mapSchemas(inner, change)]));
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      return (value as readonly JsonSchema[]).map((inner) => mapSchemas(inner, change));
    case 'items':
    case 'additionalProperties':
      return typeof value === 'object' ? mapSchemas(value as JsonSchema, change) : value;
    default:
      return value;
  }
}
