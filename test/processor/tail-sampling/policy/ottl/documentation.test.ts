import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CONVERTERS } from '../../../../../src/processor/tail-sampling/policy/ottl/converters.ts';
import type { Fields } from '../../../../../src/processor/tail-sampling/policy/ottl/path-field.ts';
import { Paths } from '../../../../../src/processor/tail-sampling/policy/ottl/paths.ts';
import { mistakes } from './condition-rig.ts';

const page = readFileSync('docs/ottl.md', 'utf8');
/** All that stands between backquotes. */
const code = [...page.matchAll(/`([^`\n]+)`/g)].map(([, inside]) => inside!);

test('docs/ottl.md names every function and no other', () => {
  const named = new Set(code.flatMap((text) => /^([A-Z]\w*)\(/.exec(text)?.[1] ?? []));
  expect([...named].toSorted()).toEqual([...CONVERTERS.keys()].toSorted());
});

function pathsOf(fields: Fields, prefix: string): readonly string[] {
  return Object.entries(fields).flatMap(([name, { get, fields: inner = {} }]) => [
    ...(get === undefined ? [] : [prefix + name]),
    ...pathsOf(inner, `${prefix}${name}.`),
  ]);
}

test('docs/ottl.md names every path', () => {
  const contexts = new Paths({ key: () => 0 }).contexts('spanevent');
  const paths = [
    ...pathsOf(contexts['span']!, ''),
    ...pathsOf(contexts['spanevent']!, ''),
    ...['resource', 'scope'].flatMap((context) => pathsOf(contexts[context]!, `${context}.`)),
    'trace.duration',
    'trace.span_count',
    'trace.root.…',
  ];
  const unnamed = paths.filter((path) => !code.includes(path) && path !== 'cache' && path !== 'status');
  expect(unnamed).toEqual([]);
});

test('the conditions in docs/ottl.md are right', () => {
  const block = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const [ofSpan = '', ofEvent = ''] = block.split('spanevent:');
  const conditionsIn = (part: string) => [...part.matchAll(/^ {8}- (.*)$/gm)].map(([, condition]) => condition!);
  expect(conditionsIn(ofSpan).flatMap((condition) => mistakes(condition, 'span'))).toEqual([]);
  expect(conditionsIn(ofEvent).flatMap((condition) => mistakes(condition, 'spanevent'))).toEqual([]);
  expect([conditionsIn(ofSpan).length, conditionsIn(ofEvent).length]).toEqual([2, 1]);
});
