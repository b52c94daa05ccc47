import protobuf from 'protobufjs';
import { LONG_TYPES, isId } from './json-fields.ts';

/**
 * Fields that the Collector writes even when they are not there: it holds these messages in place, so that it cannot tell
 * an absent one from an empty one.
 */
const ALWAYS_WRITTEN: ReadonlySet<string> = new Set([
  'ResourceSpans.resource',
  'ResourceMetrics.resource',
  'ResourceLogs.resource',
  'ScopeSpans.scope',
  'ScopeMetrics.scope',
  'ScopeLogs.scope',
  'Span.status',
  'KeyValue.value',
  'LogRecord.body',
  'ExponentialHistogramDataPoint.positive',
  'ExponentialHistogramDataPoint.negative',
]);

/** What protobufjs holds a 64-bit integer in. */
interface Long {
  readonly low: number;
  readonly high: number;
}

type Properties = Readonly<Record<string, unknown>>;

/** A decoded message as the object that JSON.stringify writes: fields in the order of the definition, defaults left out. */
export function writeMessage(type: protobuf.Type, message: protobuf.Message | Properties): Properties {
  const json: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    const value = Object.hasOwn(message, field.name) ? (message as Properties)[field.name] : undefined;
    if (value !== undefined && value !== null) {
      if (!isWritten(field, value)) continue;
      json[field.name] = field.repeated ? (value as unknown[]).map((element) => writeValue(field, element)) : writeValue(field, value);
    } else if (ALWAYS_WRITTEN.has(`${type.name}.${field.name}`)) {
      json[field.name] = {};
    }
  }
  return json;
}

/** Not what a reader takes an absent field for, except where presence itself says something. */
function isWritten(field: protobuf.Field, value: unknown): boolean {
  if (field.repeated) return (value as unknown[]).length > 0;
  if (field.partOf !== null || field.resolvedType instanceof protobuf.Type) return true;
  if (LONG_TYPES.has(field.type)) return (value as Long).low !== 0 || (value as Long).high !== 0;
  if (field.type === 'bytes') return isId(field) ? (value as Uint8Array).some((byte) => byte !== 0) : (value as Uint8Array).length > 0;
  return value !== 0 && value !== '' && value !== false;
}

function writeValue(field: protobuf.Field, value: unknown): unknown {
  if (field.resolvedType instanceof protobuf.Type) return writeMessage(field.resolvedType, value as protobuf.Message);
  if (LONG_TYPES.has(field.type)) return String(value);
  switch (field.type) {
    case 'bytes':
      return asBuffer(value as Uint8Array).toString(isId(field) ? 'hex' : 'base64');
    case 'double':
      return Number.isFinite(value) ? value : String(value);
    default:
      return value;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
