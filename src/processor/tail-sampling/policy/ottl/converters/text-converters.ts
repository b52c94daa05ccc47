import { toCamelCase, toSnakeCase } from '../case-style.ts';
import { anything, boolean, type Coercion, integer, list, NIL_TEXT, text, textLike } from '../coercion.ts';
import { compare, plain } from '../compare.ts';
import { type Converter, converter, lengths, listParameter, literalParameter, optional, parameter } from '../converter.ts';
import { parseInt64 } from '../go-number.ts';
import { split, substring, toLower, toUpper, trim } from '../go-text.ts';
import { parseQuery, parseUrl } from '../go-url.ts';
import type { Int64 } from '../int64.ts';
import { ConditionError } from '../ottl-error.ts';
import { type Pattern, patternParameter } from '../pattern.ts';
import { OttlList, OttlMap, type Value } from '../value.ts';

const target = parameter('target', text);

const CASES: ReadonlyMap<string, (text: string) => string> = new Map([
  ['lower', toLower],
  ['upper', toUpper],
  ['snake', toSnakeCase],
  ['camel', toCamelCase],
]);

const caseStyle: Coercion<(text: string) => string> = {
  wants: 'one of "lower", "upper", "snake", "camel"',
  take(value) {
    const style = typeof value === 'string' ? CASES.get(value) : undefined;
    if (style === undefined) throw new ConditionError(`ConvertCase takes ${this.wants}`);
    return style;
  },
};

/** Texts: what they match, contain, begin with; parts of them and other forms. Lists of them, too. */
export const TEXT_CONVERTERS: Readonly<Record<string, Converter>> = {
  IsMatch: converter([parameter('target', textLike), patternParameter('pattern')], isMatch, (value, pattern) => pattern.work(value ?? '')),
  Concat: converter(
    [listParameter('vals', textLike), parameter('delimiter', text)],
    (values, delimiter) => values.map((value) => value ?? NIL_TEXT).join(delimiter),
    (values, delimiter) => lengths(...values) + values.length * delimiter.length,
  ),
  Substring: converter(
    [target, parameter('start', integer), parameter('length', integer), optional(literalParameter('utf8_safe', boolean), false)],
    substringOf,
  ),
  HasPrefix: converter([target, parameter('prefix', text)], (value, prefix) => value.startsWith(prefix)),
  HasSuffix: converter([target, parameter('suffix', text)], (value, suffix) => value.endsWith(suffix)),
  ToLowerCase: converter([target], toLower, lengths),
  ToUpperCase: converter([target], toUpper, lengths),
  ToSnakeCase: converter([target], toSnakeCase, lengths),
  ToCamelCase: converter([target], toCamelCase, lengths),
  ConvertCase: converter([target, literalParameter('to_case', caseStyle)], (value, style) => style(value), ({ length }) => length),
  Trim: converter([target, optional(literalParameter('replacement', text), ' ')], trim, lengths),
  TrimPrefix: converter([target, parameter('prefix', text)], (value, prefix) => (value.startsWith(prefix) ? value.slice(prefix.length) : value)),
  TrimSuffix: converter([target, parameter('suffix', text)], (value, suffix) =>
    suffix !== '' && value.endsWith(suffix) ? value.slice(0, -suffix.length) : value,
  ),
  Split: converter([target, parameter('delimiter', text)], (value, delimiter) => new OttlList('plain', split(value, delimiter)), lengths),
  ContainsValue: converter(
    [parameter('target', list), parameter('item', anything)],
    ({ items }, item) => items.some((candidate) => compare(plain(candidate), item, '==')),
    ({ items }) => items.length,
  ),
  URL: converter([parameter('uri', text)], urlParts, lengths),
};

function isMatch(value: string | undefined, pattern: Pattern): boolean {
  return value !== undefined && pattern.matches(value);
}

const outOfRange = new ConditionError('Substring reaches beyond its text, or is empty');

function substringOf(value: string, start: Int64, length: Int64, isUtf8Safe: boolean): string {
  const from = Number(start);
  const count = Number(length);
  if (from < 0 || count <= 0 || from + count > value.length) throw outOfRange;
  return substring(value, from, from + count, isUtf8Safe);
}

const noUrl = new ConditionError('URL takes a URL');

/** The parts of a URL under the names of the semantic conventions; of a query string alone, its parameters. */
function urlParts(source: string): OttlMap {
  if (source.startsWith('?')) return queryParts(source.slice(1));
  const url = source === '' ? undefined : parseUrl(source);
  if (url === undefined) throw noUrl;
  const port = url.port === '' ? undefined : parseInt64(url.port);
  if (url.port !== '' && port === undefined) throw noUrl;
  const entries: (readonly [string, Value])[] = [
    ['url.original', url.text],
    ['url.domain', url.hostname],
    ['url.scheme', url.scheme],
    ['url.path', url.path],
  ];
  if (port !== undefined) entries.push(['url.port', port]);
  if (url.fragment !== '') entries.push(['url.fragment', url.fragment]);
  if (url.user !== undefined) entries.push(['url.user_info', url.userText]);
  if (url.user !== undefined && url.user.name !== '') entries.push(['url.username', url.user.name]);
  if (url.user?.password !== undefined) entries.push(['url.password', url.user.password]);
  if (url.query !== '') entries.push(['url.query', url.query]);
  const extension = url.path.slice(url.path.lastIndexOf('.') + 1);
  if (url.path.includes('.') && extension !== '') entries.push(['url.extension', extension]);
  return new OttlMap('plain', entries);
}

function queryParts(source: string): OttlMap {
  const parameters = parseQuery(source);
  if (parameters === undefined) throw noUrl;
  const entries = [...parameters].map(([name, values]) => [name, new OttlList('plain', values)] as const);
  return new OttlMap('plain', entries.length === 0 ? [] : [['query', new OttlMap('plain', entries)]]);
}
