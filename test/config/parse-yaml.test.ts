import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { conform } from '../../src/config/conform.ts';
import { parseYaml } from '../../src/config/parse-yaml.ts';
import { ConfigError } from '../../src/config/problem.ts';

const plain = (text: string): unknown => conform(parseYaml(text, 'a.yaml'), z.unknown());

describe('parseYaml', () => {
  test.each([
    ['a: 1', { a: 1 }],
    ['a: [x, {b: ~}]', { a: ['x', { b: null }] }],
    ['a: 1_000', { a: 1000 }],
    ['a: "1_000"', { a: '1_000' }],
    ['a: yes', { a: 'yes' }],
    ['a: 0o17', { a: 15 }],
    ['1: x', { '1': 'x' }],
    ['a::b: 1\na::c: 2', { a: { b: 1, c: 2 } }],
    ['x: &x {a: 1, b: 1}\ny: {<<: *x, b: 2}', { x: { a: 1, b: 1 }, y: { a: 1, b: 2 } }],
    ['x: &x {a: 1}\ny: &y {a: 2, b: 2}\nz: {<<: [*x, *y]}', { x: { a: 1 }, y: { a: 2, b: 2 }, z: { a: 1, b: 2 } }],
    ['', null],
  ])('%s', (text, expected) => {
    expect(plain(text)).toEqual(expected);
  });

  test.each([
    ['a: 1\na: 2', 'a.yaml:2:1: "a" is already in this map, in line 1'],
    ['a: {<<: 1}', 'a.yaml:1:9: << takes a map or a list of maps'],
    ['a: *nowhere', 'a.yaml:1:4: '],
    ['? [x]\n: y', 'a.yaml:1:3: a key must be a text'],
    ['a: 1\n---\nb: 2', 'one file holds one configuration'],
    ['\ta: 1', 'a.yaml:1:1: '],
  ])('%s is refused', (text, message) => {
    expect(() => plain(text)).toThrow(ConfigError);
    expect(() => plain(text)).toThrow(message);
  });

  const quote = (expression: string): string =>
    `a value with ${expression} in it has to stand in quotes here, as "${expression}": within {…} and […], and with ": " in it, YAML takes it apart`;

  test.each([
    ['an expression in a flow map', 'a: {b: ${env:X:-1}}\nc: 1\nd:\n  e: [1, {f: ${env:Y}}]\n', [`a.yaml:1:8: ${quote('${env:X:-1}')}`, `a.yaml:4:14: ${quote('${env:Y}')}`]],
    ['an expression within a text in a flow map', 'a: {b: http://${env:HOST}:1/, c: "${env:X}"}', [`a.yaml:1:15: ${quote('${env:HOST}')}`]],
    ['an expression in a flow list', 'a: [${X}, b]', [`a.yaml:1:5: ${quote('${X}')}`]],
    ['an expression with a colon', 'a: ${env:X:- b: c}', [`a.yaml:1:4: ${quote('${env:X:- b: c}')}`]],
    ['another mistake before an expression', 'a: [1\n\nb: {c: ${X}}', ['a.yaml:3:1: "]" is missing before this: what was opened with "[" is not closed', `a.yaml:3:8: ${quote('${X}')}`]],
    ['a mistake in a quoted expression', 'a: {b: "${env:X:-\\d}"}', ['a.yaml:1:18: Invalid escape sequence \\d']],
    ['a file that ends early', 'a:\n  b: {c: {d: {e: "x', ['a.yaml:2:20: Missing closing "quote']],
    ['a map that is not closed', 'a:\n  b: {c: {d: x', ['a.yaml:2:15: "}" is missing before this: what was opened with "{" is not closed']],
    ['a bracket too many, and all that follows', 'a: [1]]\nb:\n  c: ${X}\n  d: 2\n', ['a.yaml:1:7: Unexpected flow-seq-end token in YAML stream: "]"']],
    ['lines that are wrong one after the other', 'a:\n\tb: 1\n\tc: 1\nd:\n\te: 1\n', ['a.yaml:2:1: indent with spaces, not with tabs', 'a.yaml:5:1: indent with spaces, not with tabs']],
    ['keys twice', 'a:\n  - {x: 1}\n  - b: 1\n    "b": 3\n    b: 3\n', ['a.yaml:4:5 a[1]: "b" is already in this map, in line 3', 'a.yaml:5:5 a[1]: "b" is already in this map, in line 3']],
  ])('%s is reported once, with what to do', (_name, text, expected) => {
    let message = '';
    try {
      parseYaml(text, 'a.yaml');
    } catch (error) {
      message = error instanceof ConfigError ? error.message : String(error);
    }
    expect(message.split('\n')).toEqual(expected);
  });

  test('whatever the text, there is a tree or an error that says where', () => {
    const token = fc.constantFrom('a', 'b: ', '- ', '  ', '\n', '{', '}', '[', ']', ': ', '"', "'", '&x ', '*x', '<<', '? ', '!!t ', '|', '#', '~', '${A}', '::');
    fc.assert(
      fc.property(fc.array(token, { maxLength: 30 }), (tokens) => {
        try {
          plain(tokens.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
          expect(error).toMatchObject({ message: expect.stringMatching(/^a\.yaml:\d+:\d+: ./) });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
