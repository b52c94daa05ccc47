import { z } from 'zod';
import type { ConfigNode, MapNode, ScalarNode } from './node.ts';
import { alternatives, childAlternatives } from './schema-shape.ts';

type Schemas = readonly z.core.$ZodType[];

/**
 * The plain value of a tree, read as the schema wants it where YAML alone leaves it open, as the Collector does:
 * - what came out of `${…}` is its text where the schema asks for a string, else the value that YAML made of it;
 * - `key:` with nothing behind it is a block with all defaults where a block is meant, and as good as not written where
 *   a single value is.
 */
export function conform(node: ConfigNode, schema: z.core.$ZodType): unknown {
  const schemas = alternatives(schema);
  if (node.kind === 'scalar' && node.value === null && !acceptsNull(schemas)) return {};
  return valueOf(node, schemas);
}

function valueOf(node: ConfigNode, schemas: Schemas): unknown {
  if (node.expanded !== undefined && wantsText(node, schemas)) return node.expanded.text;
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map((item, index) => valueOf(item, childrenOf(schemas, index)));
    case 'map':
      return mapValue(node, schemas);
  }
}

function mapValue(node: MapNode, schemas: Schemas): Readonly<Record<string, unknown>> {
  const values: [string, unknown][] = [];
  for (const [key, { value }] of node.entries) {
    const children = childrenOf(schemas, key);
    if (value.kind !== 'scalar' || value.value !== null || children.length === 0 || acceptsNull(children)) {
      values.push([key, valueOf(value, children)]);
    } else if (children.some((child) => child instanceof z.ZodObject || child instanceof z.ZodRecord)) {
      values.push([key, {}]);
    }
  }
  return Object.fromEntries(values);
}

function childrenOf(schemas: Schemas, step: string | number): Schemas {
  return childAlternatives(schemas, step);
}

/** Of a union, the alternative named first is the one that is meant. */
function wantsText(node: ConfigNode, schemas: Schemas): boolean {
  if (node.kind === 'scalar' && node.value === null) return false;
  return schemas[0] instanceof z.ZodString || (isScalarNode(node) && schemas[0] instanceof z.ZodEnum);
}

function isScalarNode(node: ConfigNode): node is ScalarNode {
  return node.kind === 'scalar';
}

function acceptsNull(schemas: Schemas): boolean {
  return schemas.some((schema) => schema instanceof z.ZodNull || schema instanceof z.ZodUnknown || schema instanceof z.ZodAny);
}
