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
    ['a: 1\na: 2', 'a.yaml:2:1: this key is already in the map above'],
    ['a: {<<: 1}', 'a.yaml:1:9: << takes a map or a list of maps'],
    ['a: *nowhere', 'a.yaml:1:4: '],
    ['? [x]\n: y', 'a.yaml:1:3: a key must be a text'],
    ['a: 1\n---\nb: 2', 'one file holds one configuration'],
    ['\ta: 1', 'a.yaml:1:1: '],
  ])('%s is refused', (text, message) => {
    expect(() => plain(text)).toThrow(ConfigError);
    expect(() => plain(text)).toThrow(message);
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
