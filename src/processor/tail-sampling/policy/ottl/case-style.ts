import { trim } from './go-text.ts';
import { byteText } from './value.ts';

/**
 * The case conversions of the library that the Collector uses (https://github.com/iancoleman/strcase): they know the
 * letters of ASCII only, all other bytes are no part of a word.
 */

const SEPARATORS = '_ -.';

/** What Go takes for white space. https://pkg.go.dev/unicode#IsSpace */
const SPACE = byteText(
  '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000',
);

/** `someName`, `Some-Name`, `JSONData` become `some_name`, `some_name`, `json_data`. */
export function toSnakeCase(text: string): string {
  const trimmed = trim(text, SPACE);
  let result = '';
  for (let i = 0; i < trimmed.length; i++) {
    const character = trimmed[i]!;
    const kind = kindOf(character);
    const next = i + 1 < trimmed.length ? kindOf(trimmed[i + 1]!) : 'other';
    const isCapital = kind === 'upper' && next === 'lower';
    if (isCapital && i > 0 && kindOf(trimmed[i - 1]!) === 'upper') result += '_';
    if (kind === 'other') result += SEPARATORS.includes(character) ? '_' : character;
    else result += character.toLowerCase();
    if (kind !== 'other' && next !== 'other' && kind !== next && !isCapital) result += '_';
  }
  return result;
}

/** `some_name`, `some name`, `HTTPServer2x` become `SomeName`, `SomeName`, `Httpserver2X`. */
export function toCamelCase(text: string): string {
  const trimmed = trim(text, SPACE);
  let result = '';
  let startsWord = true;
  let isAfterCapital = false;
  for (const character of trimmed) {
    const kind = kindOf(character);
    if (kind === 'upper' || kind === 'lower') {
      result += startsWord ? character.toUpperCase() : isAfterCapital ? character.toLowerCase() : character;
      startsWord = false;
    } else {
      if (kind === 'digit') result += character;
      startsWord = kind === 'digit' || SEPARATORS.includes(character);
    }
    isAfterCapital = kind === 'upper';
  }
  return result;
}

function kindOf(character: string): 'upper' | 'lower' | 'digit' | 'other' {
  if (character >= 'A' && character <= 'Z') return 'upper';
  if (character >= 'a' && character <= 'z') return 'lower';
  return character >= '0' && character <= '9' ? 'digit' : 'other';
}
