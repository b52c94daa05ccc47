import { isIPv6 } from 'node:net';

/**
 * A URL taken apart as Go's net/url does (https://pkg.go.dev/net/url#Parse), which, unlike a browser's, leaves it as it is
 * written. All texts are byte texts.
 */
export interface GoUrl {
  readonly scheme: string;
  readonly user: { readonly name: string; readonly password: string | undefined } | undefined;
  /** Name and password as they stand together. */
  readonly userText: string;
  /** Host and port as they stand together. */
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  readonly path: string;
  readonly query: string;
  readonly fragment: string;
  /** The whole, put together again. */
  readonly text: string;
}

/** Bytes beside letters, digits and `-_.~` that may stand in a part as they are. */
const PLAIN = {
  path: '$&+,/:;=@',
  host: '!"$&\'()*+,:;<=>[]',
  zone: '!"$&\'()*+,:;<=>[]',
  user: '$&+,;=',
  fragment: '!$&()*+,/:;=?@',
  query: '',
} as const;
type Part = keyof typeof PLAIN;

/** What may stand in the path or fragment of a URL as it is, though it would not be written so. */
const TOLERATED = "!$&'()*+,;=:@[]%";

const UNRESERVED = /[A-Za-z0-9\-_.~]/;
/** Below the space, and DEL. */
const CONTROL = /[^ -~\x80-\xff]/;
const SCHEME = /^([A-Za-z][A-Za-z0-9+\-.]*):/;
const OPTIONAL_PORT = /^(?::\d*)?$/;
const USER = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;
const MAX_QUERY_PARAMETERS = 10_000;

/** Undefined where it is no URL. */
export function parseUrl(source: string): GoUrl | undefined {
  const [beforeFragment, rawFragment] = cut(source, '#');
  const fragment = unescaped(rawFragment ?? '', 'fragment');
  if (CONTROL.test(beforeFragment) || beforeFragment.startsWith(':') || fragment === undefined) return undefined;
  const scheme = SCHEME.exec(beforeFragment)?.[1] ?? '';
  const afterScheme = scheme === '' ? beforeFragment : beforeFragment.slice(scheme.length + 1);
  const [rest, query] = cut(afterScheme, '?');
  const tail = (query === undefined ? '' : `?${query}`) + (fragment === '' ? '' : `#${asWritten(rawFragment ?? '', fragment, 'fragment')}`);
  const parts = { scheme: scheme.toLowerCase(), query: query ?? '', fragment };
  if (beforeFragment !== '*' && !rest.startsWith('/')) {
    if (scheme !== '') return { ...parts, ...NO_AUTHORITY, path: '', text: `${parts.scheme}:${rest}${tail}` };
    if (cut(rest, '/')[0].includes(':')) return undefined;
  }
  const hasAuthority = rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'));
  const slash = hasAuthority ? rest.indexOf('/', 2) : 0;
  const authority = hasAuthority ? parseAuthority(parts.scheme, rest.slice(2, slash < 0 ? undefined : slash)) : NO_AUTHORITY;
  const rawPath = hasAuthority && slash < 0 ? '' : rest.slice(slash);
  const path = unescaped(rawPath, 'path');
  if (authority === undefined || path === undefined) return undefined;
  const prefix = scheme === '' ? '' : `${parts.scheme}:`;
  const hasSlashes = authority.host !== '' || authority.user !== undefined || (hasAuthority && path !== '');
  const text = prefix + (hasSlashes ? `//${authorityText(authority)}` : '') + asWritten(rawPath, path, 'path') + tail;
  return { ...parts, ...authority, path, text };
}

/** The values of each parameter of a query string; undefined where it is malformed. https://pkg.go.dev/net/url#ParseQuery */
export function parseQuery(source: string): ReadonlyMap<string, readonly string[]> | undefined {
  const pairs = source.split('&');
  if (pairs.length > MAX_QUERY_PARAMETERS) return undefined;
  const parameters = new Map<string, string[]>();
  for (const pair of pairs) {
    if (pair === '') continue;
    const [rawKey, rawValue] = cut(pair, '=');
    const key = unescaped(rawKey, 'query');
    const value = unescaped(rawValue ?? '', 'query');
    if (pair.includes(';') || key === undefined || value === undefined) return undefined;
    const values = parameters.get(key);
    if (values === undefined) parameters.set(key, [value]);
    else values.push(value);
  }
  return parameters;
}

type Authority = Pick<GoUrl, 'user' | 'userText' | 'host' | 'hostname' | 'port'>;

const NO_AUTHORITY: Authority = { user: undefined, userText: '', host: '', hostname: '', port: '' };

function parseAuthority(scheme: string, source: string): Authority | undefined {
  const at = source.lastIndexOf('@');
  const host = parseHost(scheme, source.slice(at + 1));
  if (host === undefined) return undefined;
  const colon = host.lastIndexOf(':');
  const hasPort = colon >= 0 && OPTIONAL_PORT.test(host.slice(colon));
  const bare = hasPort ? host.slice(0, colon) : host;
  const hostname = bare.startsWith('[') && bare.endsWith(']') ? bare.slice(1, -1) : bare;
  const address = { host, hostname, port: hasPort ? host.slice(colon + 1) : '' };
  if (at < 0) return { ...NO_AUTHORITY, ...address };
  const info = source.slice(0, at);
  const [rawName, rawPassword] = cut(info, ':');
  const name = unescaped(rawName, 'user');
  const password = unescaped(rawPassword ?? '', 'user');
  if (!USER.test(info) || name === undefined || password === undefined) return undefined;
  const userText = escaped(name, 'user') + (rawPassword === undefined ? '' : `:${escaped(password, 'user')}`);
  return { ...address, user: { name, password: rawPassword === undefined ? undefined : password }, userText };
}

function parseHost(scheme: string, source: string): string | undefined {
  const opening = source.lastIndexOf('[');
  if (opening > 0) return undefined;
  if (opening === 0) return parseBracketed(source);
  const first = source.indexOf(':');
  const isStrict = scheme === 'http' || scheme === 'https';
  const colon = isStrict ? first : source.lastIndexOf(':');
  return colon >= 0 && !OPTIONAL_PORT.test(source.slice(colon)) ? undefined : unescaped(source, 'host');
}

/** `[fe80::1%25en0]:80` */
function parseBracketed(source: string): string | undefined {
  const closing = source.lastIndexOf(']');
  if (closing < 0 || !OPTIONAL_PORT.test(source.slice(closing + 1))) return undefined;
  const inside = source.slice(1, closing);
  const zoneAt = inside.indexOf('%25');
  const address = unescaped(zoneAt < 0 ? inside : inside.slice(0, zoneAt), 'host');
  const zone = zoneAt < 0 ? '' : unescaped(inside.slice(zoneAt), 'zone');
  if (address === undefined || zone === undefined || zone === '%' || !isIPv6(address)) return undefined;
  return `[${address}${zone}]${source.slice(closing + 1)}`;
}

function authorityText({ user, userText, host }: Authority): string {
  return (user === undefined ? '' : `${userText}@`) + escaped(host, 'host');
}

/** A part that could be written in several ways stays as it was. */
function asWritten(raw: string, plain: string, part: 'path' | 'fragment'): string {
  const isValid = Array.from(raw).every((byte) => TOLERATED.includes(byte) || isPlain(byte, part));
  return isValid ? raw : escaped(plain, part);
}

function isPlain(byte: string, part: Part): boolean {
  return UNRESERVED.test(byte) || PLAIN[part].includes(byte);
}

function escaped(text: string, part: Part): string {
  return Array.from(text, (byte) => (isPlain(byte, part) ? byte : `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)).join('');
}

/** Undefined where an escape is malformed, or what it stands for may not stand there. */
function unescaped(text: string, part: Part): string | undefined {
  const isHost = part === 'host' || part === 'zone';
  let result = '';
  for (let i = 0; i < text.length; i++) {
    const byte = text[i]!;
    if (byte === '%') {
      const digits = text.slice(i + 1, i + 3);
      if (!/^[0-9a-fA-F]{2}$/.test(digits)) return undefined;
      const decoded = String.fromCharCode(Number.parseInt(digits, 16));
      if (part === 'host' && decoded < '\x80' && digits !== '25') return undefined;
      if (part === 'zone' && digits !== '25' && decoded !== ' ' && !isPlain(decoded, 'host')) return undefined;
      result += decoded;
      i += 2;
    } else if (isHost && byte < '\x80' && !isPlain(byte, part)) {
      return undefined;
    } else {
      result += byte === '+' && part === 'query' ? ' ' : byte;
    }
  }
  return result;
}

/** What stands before the first separator, and what behind it. */
function cut(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
