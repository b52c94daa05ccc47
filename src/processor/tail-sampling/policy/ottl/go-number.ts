import { type Int64, int64 } from './int64.ts';

const INTEGER = /^[+-]?\d+$/;
/** Underscores stand between digits only. */
const DECIMAL = /^[+-]?(?:\d(?:_?\d)*(?:\.(?:\d(?:_?\d)*)?)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d(?:_?\d)*)?$/;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;
const NAN = /^nan$/i;

/** 64 bits have 19 digits; more only with zeros in front. */
const MAX_DIGITS = 64;

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;

/** As `strconv.ParseInt(text, 10, 64)`; undefined where it fails. https://pkg.go.dev/strconv#ParseInt */
export function parseInt64(text: string): Int64 | undefined {
  if (text.length > MAX_DIGITS || !INTEGER.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return value < MIN || value > MAX ? undefined : int64(value);
}

/** As `strconv.ParseFloat(text, 64)` for decimals; undefined where it fails. https://pkg.go.dev/strconv#ParseFloat */
export function parseFloat64(text: string): number | undefined {
  const infinite = INFINITE.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity;
  if (NAN.test(text)) return Number.NaN;
  if (!DECIMAL.test(text)) return undefined;
  const value = Number(text.replaceAll('_', ''));
  return Number.isFinite(value) ? value : undefined;
}

const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** As `strconv.ParseBool`; undefined where it fails. */
export function parseBool(text: string): boolean | undefined {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}
