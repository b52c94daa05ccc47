import { ConditionError } from './ottl-error.ts';
import { Duration, Time } from './time.ts';
import { Bytes, Double, Id, type Origin, OttlList, OttlMap, type Value } from './value.ts';

const notANumber = new ConditionError('NaN and infinity cannot be written as JSON');
const yearTooFar = new ConditionError('a time before year 0 or after 9999 cannot be written as JSON');

/** Writes a value as the Collector's JSON encoder does; byte text. Throws ConditionError for what JSON does not have. */
export function goJson(value: Value): string {
  if (value === undefined) return 'null';
  if (typeof value === 'string') return jsonText(value);
  if (typeof value !== 'object') return String(value);
  if (value instanceof Double) return jsonDouble(value.value);
  if (value instanceof Bytes) return value.text === '' ? 'null' : `"${Buffer.from(value.text, 'latin1').toString('base64')}"`;
  if (value instanceof Id) return `[${Array.from(value.text, (byte) => byte.charCodeAt(0)).join(',')}]`;
  if (value instanceof Duration) return String(value.ns);
  if (value instanceof Time) return `"${rfc3339(value)}"`;
  if (value instanceof OttlList) return `[${value.items.map((item) => jsonItem(item, value.origin)).join(',')}]`;
  if (value instanceof OttlMap) {
    // Of a key that stands twice the last counts, as when a Go map is filled.
    const entries = [...new Map(value.entries)].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, inner]) => `${jsonText(key)}:${goJson(inner)}`).join(',')}}`;
  }
  return STRUCTURE;
}

/** What a Go structure without public fields is. */
const STRUCTURE = '{}';

/** In a list that is no data, maps and lists that are data are such structures. */
function jsonItem(item: Value, origin: Origin): string {
  const isData = (item instanceof OttlMap || item instanceof OttlList) && item.origin === 'data';
  return origin === 'plain' && isData ? STRUCTURE : goJson(item);
}

/** Control characters, what HTML reads, and U+2028 and U+2029, which once ended lines in JavaScript. */
const ESCAPED = /[^ -\xff]|["\\<>&]|\xe2\x80[\xa8\xa9]/g;

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function jsonText(text: string): string {
  const escaped = text.replace(ESCAPED, (character) => {
    if (character.length > 1) return character.endsWith('\xa8') ? '\\u2028' : '\\u2029';
    return SHORT_ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

function jsonDouble(value: number): string {
  if (!Number.isFinite(value)) throw notANumber;
  if (Object.is(value, -0)) return '-0';
  // JavaScript and Go agree but for exponents of one digit.
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}

function rfc3339(time: Time): string {
  const date = new Date(time.seconds * 1000);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) throw yearTooFar;
  const fraction = time.nanos === 0 ? '' : `.${String(time.nanos).padStart(9, '0').replace(/0+$/, '')}`;
  return `${date.toISOString().slice(0, -'.000Z'.length)}${fraction}Z`;
}
