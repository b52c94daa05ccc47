import { z } from 'zod';

/**
 * What a schema is made of, seen through its wrappers: every kind of value it accepts (more than one for a union), each
 * as an object, array, record or scalar schema.
 */
export function alternatives(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNonOptional || schema instanceof z.ZodReadonly) return alternatives(schema.unwrap());
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodCatch) return alternatives(schema.unwrap());
  if (schema instanceof z.ZodLazy) return alternatives(schema.unwrap());
  if (schema instanceof z.ZodNullable) return [...alternatives(schema.unwrap()), NULL];
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => alternatives(option));
  // A preprocessing step comes as a pipe whose first part only transforms.
  if (schema instanceof z.ZodPipe) return alternatives(schema.in instanceof z.ZodTransform ? schema.out : schema.in);
  if (schema instanceof z.ZodIntersection) return [...alternatives(schema.def.left), ...alternatives(schema.def.right)];
  return [schema];
}

const NULL = z.null();

/** The alternatives of what stands under `step`; empty where the schema knows no such key. */
export function childAlternatives(schemas: readonly z.core.$ZodType[], step: string | number): readonly z.core.$ZodType[] {
  return schemas.flatMap((schema) => {
    if (schema instanceof z.ZodObject) {
      const child = (schema.shape as Readonly<Record<string, z.core.$ZodType>>)[step] ?? schema.def.catchall;
      return child === undefined || child instanceof z.ZodNever ? [] : alternatives(child);
    }
    if (schema instanceof z.ZodRecord) return alternatives(schema.valueType);
    if (schema instanceof z.ZodArray) return alternatives(schema.element);
    return [];
  });
}

/**
 * The alternatives at `path` below a schema that `value`, what was given for the schema, can have meant: of objects told
 * apart by a literal (`type: latency`) only those with the literal that was written.
 */
export function alternativesAt(schema: z.core.$ZodType, path: readonly (string | number)[], value: unknown): readonly z.core.$ZodType[] {
  let schemas = alternatives(schema);
  let at = value;
  for (const step of path) {
    schemas = childAlternatives(schemas, step);
    at = valueAt(at, [step]);
    schemas = schemas.filter((candidate) => !isContradicted(candidate, at));
  }
  return schemas;
}

/** What stands at `path` in a plain value. */
export function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value;
  for (const step of path) at = typeof at === 'object' && at !== null ? (at as Readonly<Record<string | number, unknown>>)[step] : undefined;
  return at;
}

function isContradicted(schema: z.core.$ZodType, value: unknown): boolean {
  if (!(schema instanceof z.ZodObject)) return false;
  return Object.entries<z.core.$ZodType>(schema.shape).some(([key, field]) => {
    const written = valueAt(value, [key]);
    return field instanceof z.ZodLiteral && written !== undefined && !field.values.has(written as z.core.util.Literal);
  });
}

/** The keys that any of the objects among `schemas` has. */
export function knownKeys(schemas: readonly z.core.$ZodType[]): readonly string[] {
  return [...new Set(schemas.flatMap((schema) => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : [])))];
}
