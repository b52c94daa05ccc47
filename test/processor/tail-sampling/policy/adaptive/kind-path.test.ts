import { describe, expect, test } from 'vitest';
import { parseKindPath } from '../../../../../src/processor/tail-sampling/policy/adaptive/kind-path.ts';

describe('a path to what tells kinds apart', () => {
  test.each([
    ['resource.attributes["service.name"]', { from: 'resource', attribute: 'service.name' }],
    ['root.attributes["http.route"]', { from: 'root', attribute: 'http.route' }],
    ['root.attributes["a \\"quoted\\" ключ"]', { from: 'root', attribute: 'a "quoted" ключ' }],
    ['root.name', { from: 'root', field: 'name' }],
    ['root.kind', { from: 'root', field: 'kind' }],
    ['trace.span_count', { from: 'trace', field: 'span_count' }],
  ])('%s is read', (text, path) => {
    expect(parseKindPath(text)).toEqual(path);
  });

  test.each(['', 'service.name', 'root', 'root.nam', 'root.attributes', 'root.attributes[]', 'root.attributes[""]', 'root.attributes[name]', 'root.attributes["a"].b', 'trace.attributes["a"]', 'root.attributes["\\q"]', ' root.name'])(
    '%j is refused, with what may be written',
    (text) => {
      expect(() => parseKindPath(text)).toThrow(
        `"${text}" tells no kinds of traffic apart: write resource.attributes["key"], root.attributes["key"], root.name, root.kind or trace.span_count`,
      );
    },
  );
});
