import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { registry } from '../../src/service/registry.ts';
import { ExampleEnvironment } from './example-registry.ts';

/** Where a configuration with one wrong condition in it is said to be wrong, as `line:column`. */
function placeOf(condition: string, variables: Readonly<Record<string, string>> = {}): string {
  const text = `processors:
  tail_sampling:
    policies:
      - name: p
        type: ottl_condition
        ottl_condition:
          span:
            - ${condition}
receivers: {otlp: {protocols: {grpc: }}}
exporters: {debug: }
service: {pipelines: {traces: {receivers: [otlp], processors: [tail_sampling], exporters: [debug]}}}
`;
  try {
    loadConfig({ locations: ['a.yaml'], sets: [] }, registry, new ExampleEnvironment({ 'a.yaml': text }, variables));
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replace(/^a\.yaml:(\d+:\d+) .*$/s, '$1');
    throw error;
  }
  return 'no mistake';
}

/** Column of the list item's first character. */
const START = 15;

describe('a mistake within a text is reported where it stands in the file', () => {
  // The mark stands before the place, and is no part of the text.
  test.each([
    ['plain', 'name == ¶nam'],
    ['in double quotes', '"name == ¶nam"'],
    ['behind escapes in double quotes', '"name == \\"a\\" or \\x6eame == ¶nam"'],
    ['behind a character of two units', '"name == \\"\\U0001F600\\" or ¶nam == nil"'],
    ['in single quotes', "'name == ¶nam'"],
    ['behind doubled single quotes', `'name == "it''s" or ¶nam == nil'`],
    ['at the very end', 'name ==¶'],
    ['anchored', '&a name == ¶nam'],
  ])('%s', (_, marked) => {
    expect(placeOf(marked.replace('¶', ''))).toBe(`8:${START + marked.indexOf('¶')}`);
  });

  test('over several lines, and out of the environment: where the text begins', () => {
    expect(placeOf('|\n              name == nam')).toBe(`8:${START}`);
    expect(placeOf('name ==\n              nam')).toBe(`8:${START}`);
    expect(placeOf('name == ${env:NAME}', { NAME: 'nam' })).toBe(`8:${START}`);
    expect(placeOf('&a name == nam\n            - *a').split('\n')[0]).toBe(`8:${START + 11}`);
  });

  test('a right one is no mistake', () => {
    expect(placeOf('name == "a"')).toBe('no mistake');
  });
});
