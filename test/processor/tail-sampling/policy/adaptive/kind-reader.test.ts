import { describe, expect, test } from 'vitest';
import { parseKindPath } from '../../../../../src/processor/tail-sampling/policy/adaptive/kind-path.ts';
import { KindReader } from '../../../../../src/processor/tail-sampling/policy/adaptive/kind-reader.ts';
import { WireError } from '../../../../../src/pdata/wire/wire-error.ts';
import { LightTrace, rootBytes, type RootFields } from '../light-trace.ts';

const DEFAULT = ['resource.attributes["service.name"]', 'root.name'];

function trace(root: RootFields, fields: Partial<LightTrace> = {}): LightTrace {
  return new LightTrace({ serial: 1, nowMs: 0, spanCount: 3, randomness: { hi: 0, lo: 0 }, root: rootBytes(root), ...fields });
}

function kindOf(paths: readonly string[], root: RootFields): string {
  return new KindReader(paths.map(parseKindPath)).read(trace(root));
}

describe('the kind of a trace', () => {
  test.each<{ paths: string[]; root: RootFields; kind: string }>([
    { paths: DEFAULT, root: { service: 'cart', name: 'GET /cart' }, kind: 'cart | GET /cart' },
    { paths: DEFAULT, root: { name: 'GET /cart' }, kind: ' | GET /cart' },
    { paths: DEFAULT, root: {}, kind: ' | ' },
    { paths: ['root.kind'], root: { kind: 2 }, kind: 'server' },
    { paths: ['root.kind'], root: { kind: 77 }, kind: '77' },
    { paths: ['trace.span_count'], root: {}, kind: '3' },
    { paths: ['root.attributes["a"]', 'resource.attributes["a"]'], root: { attributes: { a: 'of root' }, resource: { a: 'of resource' } }, kind: 'of root | of resource' },
    { paths: ['root.attributes["a"]'], root: { attributes: { a: -7 } }, kind: '-7' },
    { paths: ['root.attributes["a"]'], root: { attributes: { a: 0.5 } }, kind: '0.5' },
    { paths: ['root.attributes["a"]'], root: { attributes: { a: true } }, kind: 'true' },
    { paths: ['root.attributes["a"]', 'root.attributes["a"]'], root: { attributes: { a: 'x' } }, kind: 'x | x' },
    { paths: ['root.name'], root: { name: 'x'.repeat(1000) }, kind: 'x'.repeat(128) },
  ])('by $paths of $root is $kind', ({ paths, root, kind }) => {
    expect(kindOf(paths, root)).toBe(kind);
  });

  test('is that of the root wherever it stands, and no other span is read', () => {
    const one = trace({ service: 'a', name: 'b' }, { spanCount: 1000, rootAt: 700 });
    new KindReader(DEFAULT.map(parseKindPath)).read(one);
    expect([one.reads, one.lastRead]).toEqual([1, 700]);
  });

  test('is that of the first span where no root came', () => {
    const one = trace({ service: 'a', name: 'b' }, { rootAt: -1 });
    expect(new KindReader(DEFAULT.map(parseKindPath)).read(one)).toBe('a | b');
    expect(one.lastRead).toBe(0);
  });

  test('does not remember what the trace before had', () => {
    const reader = new KindReader(['root.attributes["a"]', 'resource.attributes["b"]'].map(parseKindPath));
    expect(reader.read(trace({ attributes: { a: 'x' }, resource: { b: 'y' } }))).toBe('x | y');
    expect(reader.read(trace({}))).toBe(' | ');
  });

  test('is not known where the bytes are malformed', () => {
    const root = { ...rootBytes({}), span: Uint8Array.of(0x2a, 0x7f) };
    const one = new LightTrace({ serial: 1, nowMs: 0, spanCount: 1, randomness: { hi: 0, lo: 0 }, root });
    expect(() => new KindReader(DEFAULT.map(parseKindPath)).read(one)).toThrow(WireError);
  });
});
