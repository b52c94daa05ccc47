import type protobuf from 'protobufjs';

/** Ids are hex in OTLP/JSON and not base64 as other bytes (opentelemetry-proto, `docs/specification.md`, "JSON Protobuf Encoding"). */
const ID_FIELDS: ReadonlySet<string> = new Set(['traceId', 'spanId', 'parentSpanId']);

export function isId(field: protobuf.Field): boolean {
  return field.type === 'bytes' && ID_FIELDS.has(field.name);
}

/** The 64-bit types, whose values are strings in JSON; true for the unsigned ones. */
export const LONG_TYPES: ReadonlyMap<string, boolean> = new Map([
  ['int64', false],
  ['sint64', false],
  ['sfixed64', false],
  ['uint64', true],
  ['fixed64', true],
]);

const fieldsByKey = new WeakMap<protobuf.Type, ReadonlyMap<string, protobuf.Field>>();

/** A message's fields by their key in JSON: camelCase, or as in the definition, which the Collector takes as well. */
export function fieldsOf(type: protobuf.Type): ReadonlyMap<string, protobuf.Field> {
  let fields = fieldsByKey.get(type);
  if (fields === undefined) {
    fields = new Map(type.fieldsArray.flatMap((field) => [field.name, snakeCase(field.name)].map((key) => [key, field.resolve()] as const)));
    fieldsByKey.set(type, fields);
  }
  return fields;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
