import { suggestion } from './suggestion.ts';
import { type Expression, highest, onceFor } from './expression.ts';
import { insideAttribute } from './indexing.ts';
import { SyntaxMistake } from './ottl-error.ts';
import type { Fields, PathField } from './path-field.ts';
import type { ConditionContext } from './paths.ts';
import type { PathSegment, PathSyntax } from './syntax.ts';
import { unicodeText } from './value.ts';

/**
 * What a path leads to. One that does not begin with a context is of the condition's own.
 *
 * @param keys by segment, those in brackets behind it
 * @throws SyntaxMistake where there is no such path
 */
export function resolvedPath(
  { segments }: PathSyntax,
  keys: readonly (readonly Expression[])[],
  contexts: Readonly<Record<string, Fields>>,
  own: ConditionContext,
): Expression {
  const begin = segments.length > 1 && segments[0]!.keys.length === 0 && Object.hasOwn(contexts, segments[0]!.name) ? 1 : 0;
  let where: string = begin === 1 ? segments[0]!.name : own;
  let fields = contexts[where]!;
  for (let index = begin; ; index++) {
    const segment = segments[index]!;
    const field = Object.hasOwn(fields, segment.name) ? fields[segment.name] : undefined;
    if (field === undefined) throw unknownField(segment, where, Object.keys(fields), index === 0 ? Object.keys(contexts) : []);
    where = `${where}.${segment.name}`;
    fields = field.fields ?? {};
    const isLast = index === segments.length - 1;
    if (keys[index]!.length > 0 && (!isLast || field.entry === undefined)) throw new SyntaxMistake(`${where} has no values under keys`, segment.at);
    if (!isLast) continue;
    if (keys[index]!.length > 0) return indexed(field, keys[index]!, where, segment.at);
    if (field.get === undefined) throw new SyntaxMistake(`${where} is no value itself; it has ${Object.keys(fields).join(', ')}`, segment.at);
    return { level: field.level, get: field.get, isText: field.isText };
  }
}

function unknownField({ name, at }: PathSegment, where: string, known: readonly string[], contexts: readonly string[]): SyntaxMistake {
  if (known.length === 0) return new SyntaxMistake(`${where} has no fields, so no "${name}"`, at);
  if (contexts.includes(name)) return new SyntaxMistake(`"${name}" needs a field behind it, as in ${name}.attributes`, at);
  return new SyntaxMistake(`${where} has no field "${name}"${suggestion(name, known)}`, at);
}

function indexed(field: PathField, [key, ...others]: readonly Expression[], where: string, at: number): Expression {
  const name = key!.literal?.value;
  if (field.isDeep !== true && (typeof name !== 'string' || others.length > 0)) throw new SyntaxMistake(`${where} takes one key, a text`, at);
  if (typeof name === 'string' && others.length === 0) {
    const { get, isText } = field.entry!(unicodeText(name));
    return { level: field.level, get, isText };
  }
  const level = highest([field.level, key!.level, ...others.map((other) => other.level)]);
  if (typeof name === 'string') {
    const { has, get } = field.entry!(unicodeText(name));
    const attribute = onceFor(level, { level: field.level, get }).get;
    return { level, get: (context) => (has(context) ? insideAttribute(attribute(context), others, context) : undefined) };
  }
  const all = onceFor(level, { level: field.level, get: field.get! }).get;
  return { level, get: (context) => insideAttribute(all(context), [key!, ...others], context) };
}
