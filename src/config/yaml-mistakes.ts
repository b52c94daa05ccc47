import type { Document, ErrorCode, YAMLParseError } from 'yaml';
import { isMap, isPair, isScalar, isSeq, visit } from 'yaml';
import { findExpression } from './expression.ts';
import type { ConfigPath } from './node.ts';

/** One thing wrong in a YAML text. */
export interface YamlMistake {
  /** Where in the text, UTF-16 units. */
  readonly offset: number;
  readonly path: ConfigPath;
  readonly message: string;
}

/** What YAML's own errors say, where that can be said better. */
const ERROR_TEXT: Partial<Record<ErrorCode, string>> = {
  MULTIPLE_DOCS: 'one file holds one configuration: take out the line "---"',
  TAB_AS_INDENT: 'indent with spaces, not with tabs',
};

/** The errors that leave the rest of the text readable; any other may have more behind it that mean nothing. */
const CONTAINED: ReadonlySet<ErrorCode> = new Set(['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED', 'BAD_DQ_ESCAPE', 'MULTIPLE_ANCHORS', 'MULTIPLE_TAGS']);

/** Those that a `${…}` without quotes leads to. */
const OF_EXPRESSIONS: ReadonlySet<ErrorCode> = new Set(['UNEXPECTED_TOKEN', 'MISSING_CHAR', 'BLOCK_AS_IMPLICIT_KEY', 'BLOCK_IN_FLOW', 'MULTILINE_IMPLICIT_KEY']);

/** What is wrong in a text, each thing once, in the order of the text; nothing where it can be read. */
export function yamlMistakes(text: string, parse: (text: string) => Document.Parsed): readonly YamlMistake[] {
  const unquoted: YamlMistake[] = [];
  let readable = text;
  let document = parse(readable);
  // Each expression that lacks its quotes is made a word of the same length, so that what is behind it can be read.
  for (let found = unquotedExpression(readable, document); found !== undefined; found = unquotedExpression(readable, document)) {
    const { start, end } = found;
    const expression = text.slice(start, end);
    const message = `a value with ${expression} in it has to stand in quotes here, as "${expression}": within {…} and […], and with ": " in it, YAML takes it apart`;
    unquoted.push({ offset: start, path: [], message });
    readable = readable.slice(0, start) + '_'.repeat(end - start) + readable.slice(end);
    document = parse(readable);
  }
  const others = firstOfEachStretch(document.errors, readable).map((error) => describe(error, document, readable));
  return [...unquoted, ...others].toSorted((a, b) => a.offset - b.offset);
}

/** What YAML says of a text when that stands in for one value. */
export function describeYamlError(error: YAMLParseError): string {
  const missing = /must be sufficiently indented and end with a (\S)$/.exec(error.message)?.[1];
  if (missing !== undefined) return `"${missing}" is missing before this: what was opened with "${missing === '}' ? '{' : '['}" is not closed`;
  return ERROR_TEXT[error.code] ?? error.message;
}

function unquotedExpression(text: string, document: Document.Parsed): ReturnType<typeof findExpression> {
  for (const error of document.errors) {
    if (!OF_EXPRESSIONS.has(error.code) || isBehindTheEnd(error)) continue;
    const [at] = error.pos;
    let expression = findExpression(text, text.lastIndexOf('\n', at - 1) + 1);
    while (expression !== undefined && expression.end <= at) expression = findExpression(text, expression.end);
    if (expression !== undefined && expression.start <= at && !text.slice(expression.start, expression.end).includes('\n')) return expression;
  }
  return undefined;
}

/** One mistake early on ends the document for the parser; all that follows is then an error to it, word by word. */
function isBehindTheEnd(error: YAMLParseError): boolean {
  return error.message.includes(' token in YAML stream');
}

/** Of errors on one line or on lines that follow each other, the first: it led to the others. */
function firstOfEachStretch(errors: readonly YAMLParseError[], text: string): readonly YAMLParseError[] {
  const sorted = errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  let brokenUpTo = -1;
  return sorted.filter((error, index) => {
    if (CONTAINED.has(error.code)) return true;
    if (index > 0 && isBehindTheEnd(error)) return false;
    const [at] = error.pos;
    const isFirst = brokenUpTo < 0 || lineBreaks(text, brokenUpTo, at) > 1;
    brokenUpTo = at;
    return isFirst;
  });
}

function lineBreaks(text: string, from: number, to: number): number {
  return text.slice(from, to).split('\n').length - 1;
}

function describe(error: YAMLParseError, document: Document.Parsed, text: string): YamlMistake {
  const [offset] = error.pos;
  if (error.code !== 'DUPLICATE_KEY') return { offset, path: [], message: describeYamlError(error) };
  return { offset, ...duplicateKey(document, offset, text) };
}

/** Of the key that begins at `offset`: what it is in, and where it stands already. */
function duplicateKey(document: Document.Parsed, offset: number, text: string): Pick<YamlMistake, 'path' | 'message'> {
  let found: Pick<YamlMistake, 'path' | 'message'> = { path: [], message: 'this key is already in the map above' };
  visit(document, {
    Pair(_key, { key }, ancestors) {
      if (!isScalar(key) || key.range?.[0] !== offset) return undefined;
      const map = ancestors.at(-1);
      const first = isMap(map) ? map.items.find((pair) => isScalar(pair.key) && pair.key.value === key.value)?.key : undefined;
      const line = isScalar(first) && first.range ? lineBreaks(text, 0, first.range[0]) + 1 : undefined;
      const where = line === undefined ? '' : `, in line ${line}`;
      found = { path: pathThrough(ancestors), message: `"${String(key.value)}" is already in this map${where}` };
      return visit.BREAK;
    },
  });
  return found;
}

/** The keys and indices that lead through `nodes`, each of which holds the next. */
function pathThrough(nodes: readonly unknown[]): ConfigPath {
  return nodes.flatMap((node, depth): ConfigPath => {
    if (isPair(node)) return [isScalar(node.key) ? String(node.key.value) : '?'];
    if (isSeq(node)) {
      const index = node.items.indexOf(nodes[depth + 1]);
      return index < 0 ? [] : [index];
    }
    return [];
  });
}
