import { SyntaxMistake } from './ottl-error.ts';
import { byteText } from './value.ts';

export type TokenKind = 'text' | 'bytes' | 'float' | 'integer' | 'word' | 'operator' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** Offset of its first unit. */
  readonly at: number;
  /** As it is written; of a text, what it stands for, as byte text. */
  readonly text: string;
  /** Of an opening parenthesis, the index of the token that closes it. */
  closedBy?: number;
}

/** In the order in which they are tried, as in the Collector. */
const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ['bytes', /0x[a-fA-F0-9]+/y],
  ['float', /(?:\d+\.\d*|\.\d+)(?:[eE][-+]?\d+)?/y],
  ['integer', /\d+/y],
  ['text', /"(?:\\.|[^\\"])*"/y],
  ['operator', /==|!=|>=|<=|=>|[><+\-/*=(){}:,.[\]]/y],
  ['word', /[A-Za-z][A-Za-z0-9_]*/y],
];

const SPACE = /\s*/y;

/** The tokens of a condition, `end` last. Throws SyntaxMistake. */
export function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  const open: number[] = [];
  for (let at = matchAt(SPACE, source, 0).length; at < source.length; ) {
    const [kind, written] = writtenAt(source, at);
    if (written === '(') open.push(tokens.length);
    if (written === ')') {
      const opening = open.pop();
      if (opening === undefined) throw new SyntaxMistake('")" closes nothing', at);
      tokens[opening]!.closedBy = tokens.length;
    }
    tokens.push({ kind, at, text: kind === 'text' ? byteText(unquoted(written, at)) : written });
    at += written.length;
    at += matchAt(SPACE, source, at).length;
  }
  const unclosed = open.pop();
  if (unclosed !== undefined) throw new SyntaxMistake('"(" is never closed', tokens[unclosed]!.at);
  tokens.push({ kind: 'end', at: source.length, text: '' });
  return tokens;
}

function writtenAt(source: string, at: number): readonly [kind: TokenKind, written: string] {
  for (const [kind, pattern] of PATTERNS) {
    const written = matchAt(pattern, source, at);
    if (written !== '') return [kind, written];
  }
  if (source[at] === '"') throw new SyntaxMistake('this text is never closed: it needs a " at its end', at);
  if (source[at] === "'") throw new SyntaxMistake('a text stands in double quotes', at);
  throw new SyntaxMistake(`"${String.fromCodePoint(source.codePointAt(at)!)}" has no meaning here`, at);
}

function matchAt(pattern: RegExp, source: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? '';
}

const ESCAPE = /\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|)/g;

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/** What a text in quotes stands for: Go's escapes, except that \xff and \377 are characters, not bytes, as in the Collector. */
function unquoted(quoted: string, at: number): string {
  return quoted.slice(1, -1).replace(ESCAPE, (escape, simple?: string, hex?: string, octal?: string, u4?: string, u8?: string, offset = 0) => {
    if (simple !== undefined) return SIMPLE_ESCAPES[simple]!;
    const codePoint = octal === undefined ? Number.parseInt(hex ?? u4 ?? u8 ?? '', 16) : Number.parseInt(octal, 8);
    const isCharacter = octal === undefined ? codePoint <= 0x10_ffff && !(codePoint >= 0xd800 && codePoint < 0xe000) : codePoint < 256;
    if (isCharacter) return String.fromCodePoint(codePoint);
    const written = quoted.slice(offset + 1, offset + 1 + Math.max(2, escape.length));
    throw new SyntaxMistake(`${written} is no escape in a text: write \\\\ for a backslash`, at + 1 + offset);
  });
}
