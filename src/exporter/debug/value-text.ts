import type { AnyValue } from './decoded.ts';
import { formatJsonString } from './go-format.ts';

/** A value as the Collector's `AsString` gives it: text as it is, maps and lists as JSON. */
export function valueText(value: AnyValue | null): string {
  if (value === null) return '';
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.doubleValue !== undefined) return doubleText(value.doubleValue);
  if (value.bytesValue !== undefined) return Buffer.from(value.bytesValue).toString('base64');
  return valueType(value) === 'Empty' ? '' : jsonText(value);
}

/** A value with its type: `Str(checkout)`. */
export function typedValueText(value: AnyValue | null): string {
  return `${valueType(value)}(${valueText(value)})`;
}

function valueType(value: AnyValue | null): string {
  if (value?.stringValue !== undefined) return 'Str';
  if (value?.boolValue !== undefined) return 'Bool';
  if (value?.intValue !== undefined) return 'Int';
  if (value?.doubleValue !== undefined) return 'Double';
  if (value?.kvlistValue !== undefined) return 'Map';
  if (value?.arrayValue !== undefined) return 'Slice';
  if (value?.bytesValue !== undefined) return 'Bytes';
  return 'Empty';
}

/** JSON with sorted keys; 64-bit integers keep all their digits. */
function jsonText(value: AnyValue | null): string {
  if (value?.stringValue !== undefined) return formatJsonString(value.stringValue);
  if (value?.boolValue !== undefined) return String(value.boolValue);
  if (value?.intValue !== undefined) return value.intValue;
  if (value?.doubleValue !== undefined) return doubleText(value.doubleValue);
  if (value?.bytesValue !== undefined) return `"${Buffer.from(value.bytesValue).toString('base64')}"`;
  if (value?.arrayValue !== undefined) return `[${value.arrayValue.values.map(jsonText).join(',')}]`;
  if (value?.kvlistValue === undefined) return 'null';
  // As in the Collector the last of several equal keys stands.
  const entries = new Map(value.kvlistValue.values.map((entry) => [entry.key, entry.value]));
  const sorted = [...entries].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${sorted.map(([key, inner]) => `${formatJsonString(key)}:${jsonText(inner)}`).join(',')}}`;
}

function doubleText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return `json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`;
}
