import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * The import table of docs/architecture.md as a test. A room is a folder of src; a file belongs to the longest room that
 * contains it, and imports only from its own room, from the rooms listed here and from the packages listed here.
 * `*` stands for one folder (a component), so that `receiver/*` are as many rooms as there are receivers.
 */
interface Room {
  readonly name: string;
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
}

const CONTRACTS = ['component', 'consumer'];
const PDATA = ['pdata/otlp', 'pdata/wire', 'pdata/service', 'pdata/json'];
const COMPONENT_ROOMS = [...CONTRACTS, 'config', 'internal', ...PDATA];
const COMPONENTS = ['receiver/*', 'processor/*', 'connector/*', 'exporter/*', 'extension/*'];

const ROOMS: readonly Room[] = [
  { name: 'main.ts', rooms: ['cli', 'service'], packages: [] },
  { name: 'cli', rooms: ['service', 'config', 'component', 'internal'], packages: [] },
  {
    name: 'service',
    rooms: [...CONTRACTS, ...COMPONENTS, 'processor/tail-sampling/policy', 'telemetry', 'config', 'internal', ...PDATA],
    packages: ['zod'],
  },
  { name: 'receiver/*', rooms: COMPONENT_ROOMS, packages: ['zod', '@grpc/grpc-js', 'fzstd'] },
  { name: 'processor/*', rooms: COMPONENT_ROOMS, packages: ['zod'] },
  {
    name: 'processor/tail-sampling',
    rooms: [...COMPONENT_ROOMS, 'processor/tail-sampling/window', 'processor/tail-sampling/policy'],
    packages: ['zod'],
  },
  { name: 'processor/tail-sampling/window', rooms: ['pdata/otlp', 'pdata/wire', 'internal'], packages: [] },
  {
    name: 'processor/tail-sampling/policy',
    rooms: ['pdata/otlp', 'pdata/wire', 'config', 'internal'],
    packages: ['re2js', 'lru-cache', 'zod'],
  },
  { name: 'connector/*', rooms: COMPONENT_ROOMS, packages: ['zod'] },
  { name: 'exporter/*', rooms: [...COMPONENT_ROOMS, 'exporter/helper'], packages: ['zod', '@grpc/grpc-js'] },
  { name: 'exporter/helper', rooms: COMPONENT_ROOMS, packages: ['zod'] },
  { name: 'extension/*', rooms: COMPONENT_ROOMS, packages: ['zod'] },
  { name: 'component', rooms: ['consumer', 'pdata/otlp', 'internal'], packages: ['zod'] },
  { name: 'consumer', rooms: ['pdata/otlp', 'internal'], packages: [] },
  {
    name: 'telemetry',
    rooms: ['component', 'config', 'internal'],
    packages: [
      'zod',
      'pino',
      'prom-client',
      '@grpc/grpc-js',
      '@opentelemetry/api',
      '@opentelemetry/exporter-trace-otlp-grpc',
      '@opentelemetry/resources',
      '@opentelemetry/sdk-trace',
    ],
  },
  { name: 'config', rooms: ['internal'], packages: ['yaml', 'zod'] },
  { name: 'pdata/otlp', rooms: ['pdata/wire'], packages: [] },
  { name: 'pdata/wire', rooms: [], packages: [] },
  {
    name: 'pdata/service',
    rooms: ['pdata/otlp', 'pdata/wire', 'internal'],
    packages: ['@grpc/proto-loader', 'protobufjs'],
  },
  {
    name: 'pdata/json',
    rooms: ['pdata/otlp', 'pdata/wire', 'pdata/service', 'internal'],
    packages: ['@grpc/proto-loader', 'protobufjs'],
  },
  { name: 'internal', rooms: [], packages: [] },
];

/** Where a file has to be split; at half of it one should think about it. */
const MAX_LINES = 600;
/** Who may read the environment and end the process. */
const PROCESS_OWNERS: ReadonlySet<string | undefined> = new Set(['main.ts', 'config']);

const SRC = new URL('../src/', import.meta.url).pathname;
const STATIC_IMPORT = /^(?:import|export)\s(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
const DYNAMIC_IMPORT = /\bimport\(\s*'([^']+)'\s*\)/g;

interface SourceFile {
  /** Relative to src, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** Concrete room (`receiver/otlp`) and the line of the table that rules it; undefined for a file without a room. */
  readonly room: string | undefined;
  readonly rule: Room | undefined;
  readonly imports: readonly string[];
}

function roomOf(path: string): { room: string; rule: Room } | undefined {
  let best: { room: string; rule: Room; depth: number; exact: boolean } | undefined;
  const parts = path.split('/');
  for (const rule of ROOMS) {
    const pattern = rule.name.split('/');
    if (pattern.length > parts.length) continue;
    if (!pattern.every((part, i) => part === parts[i] || (part === '*' && i < parts.length - 1))) continue;
    const exact = !rule.name.includes('*');
    if (best !== undefined && (pattern.length < best.depth || (pattern.length === best.depth && !exact))) continue;
    best = { room: parts.slice(0, pattern.length).join('/'), rule, depth: pattern.length, exact };
  }
  return best;
}

function matches(room: string, pattern: string): boolean {
  return room === pattern || (pattern.endsWith('/*') && posix.dirname(room) === pattern.slice(0, -2));
}

function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
}

const files: readonly SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts'))
  .sort()
  .map((path) => {
    const text = readFileSync(join(SRC, path), 'utf8');
    const imports = [...text.matchAll(STATIC_IMPORT), ...text.matchAll(DYNAMIC_IMPORT)].map(([, name]) => name ?? '');
    return { path, text, room: roomOf(path)?.room, rule: roomOf(path)?.rule, imports };
  });

/** What is wrong with one import, or undefined. */
function complaint(file: SourceFile, specifier: string): string | undefined {
  const { rule } = file;
  if (rule === undefined || specifier.startsWith('node:')) return undefined;
  if (builtinModules.includes(specifier)) return `src/${file.path} imports '${specifier}': write 'node:${specifier}'`;
  if (!specifier.startsWith('.')) {
    const name = packageName(specifier);
    if (rule.packages.includes(name)) return undefined;
    return `src/${file.path} imports the package ${name}; ${rule.name} may use: ${rule.packages.join(', ') || 'none'}`;
  }
  const target = posix.join(posix.dirname(file.path), specifier);
  if (target.startsWith('..')) return `src/${file.path} imports '${specifier}', which is outside src`;
  if (!specifier.endsWith('.ts')) return `src/${file.path} imports '${specifier}': write the file's full name with .ts`;
  const room = roomOf(target)?.room;
  if (room === undefined || room === file.room) return undefined;
  if (rule.rooms.some((pattern) => matches(room, pattern))) return undefined;
  return `src/${file.path} imports src/${target}; ${rule.name} may import: ${rule.rooms.join(', ') || 'no other room'}`;
}

/** A cycle of rooms as `a -> b -> a`, or undefined. */
function findCycle(edges: ReadonlyMap<string, ReadonlySet<string>>): string | undefined {
  const done = new Set<string>();
  const visit = (room: string, path: readonly string[]): string | undefined => {
    const at = path.indexOf(room);
    if (at !== -1) return [...path.slice(at), room].join(' -> ');
    if (done.has(room)) return undefined;
    for (const next of edges.get(room) ?? []) {
      const cycle = visit(next, [...path, room]);
      if (cycle !== undefined) return cycle;
    }
    done.add(room);
    return undefined;
  };
  for (const room of edges.keys()) {
    const cycle = visit(room, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

describe('the house', () => {
  test('every file of src belongs to a room', () => {
    expect(files.filter((file) => file.room === undefined).map((file) => `src/${file.path}`)).toEqual([]);
  });

  test('no room imports what the table does not allow', () => {
    const complaints = files.flatMap((file) => file.imports.map((specifier) => complaint(file, specifier)));
    expect(complaints.filter((text) => text !== undefined)).toEqual([]);
  });

  test('rooms depend on each other in one direction', () => {
    const edges = new Map<string, Set<string>>();
    for (const file of files) {
      if (file.room === undefined) continue;
      for (const specifier of file.imports.filter((name) => name.startsWith('.'))) {
        const room = roomOf(posix.join(posix.dirname(file.path), specifier))?.room;
        if (room === undefined || room === file.room) continue;
        edges.set(file.room, (edges.get(file.room) ?? new Set()).add(room));
      }
    }
    expect(findCycle(edges)).toBeUndefined();
  });

  test(`no file is longer than ${MAX_LINES} lines`, () => {
    const long = files.map((file) => ({ path: file.path, lines: file.text.split('\n').length - 1 }));
    expect(long.filter(({ lines }) => lines > MAX_LINES)).toEqual([]);
  });

  test('only the command line and the configuration touch the environment and end the process', () => {
    const touching = files.filter((file) => /\bprocess\.(?:env|exit|abort)\b/.test(file.text));
    const strangers = touching.filter((file) => !PROCESS_OWNERS.has(file.room));
    expect(strangers.map((file) => `src/${file.path}`)).toEqual([]);
  });

  test('no file passes on everything another one exports', () => {
    expect(files.filter((file) => /^export \*/m.test(file.text)).map((file) => `src/${file.path}`)).toEqual([]);
  });

  test('there are no folders or files for what belongs nowhere', () => {
    const vague = files.filter((file) => /(?:^|\/)(?:utils?|helpers|common|misc|index)(?:\.ts$|\/)/.test(file.path));
    expect(vague.map((file) => `src/${file.path}`)).toEqual([]);
  });
});

describe('the test of the house itself', () => {
  const file = (path: string): SourceFile => ({ path, text: '', imports: [], room: roomOf(path)?.room, rule: roomOf(path)?.rule });

  test.each([
    ['receiver/otlp/grpc.ts', '../../consumer/consumer.ts', undefined],
    ['receiver/otlp/grpc.ts', '../../exporter/otlp/client.ts', /receiver\/\* may import: component, consumer/],
    ['receiver/otlp/grpc.ts', '../kafka/client.ts', /may import/],
    ['exporter/otlp/client.ts', '../helper/queue.ts', undefined],
    ['exporter/otlp/client.ts', '../debug/text.ts', /may import/],
    ['exporter/helper/queue.ts', '../otlp/client.ts', /exporter\/helper may import/],
    ['processor/tail-sampling/processor.ts', './window/arena.ts', undefined],
    ['processor/tail-sampling/window/arena.ts', '../processor.ts', /window may import/],
    ['processor/tail-sampling/policy/latency.ts', '../window/arena.ts', /policy may import/],
    ['pdata/wire/varint.ts', '../otlp/signal.ts', /no other room/],
    ['pdata/otlp/signal.ts', 'protobufjs', /may use: none/],
    ['telemetry/registry.ts', 'prom-client', undefined],
    ['config/load.ts', 'fs', /write 'node:fs'/],
    ['config/load.ts', './yaml', /full name with \.ts/],
    ['config/load.ts', '../../test/support/settings.ts', /outside src/],
  ] as const)('%s importing %s', (path, specifier, expected) => {
    const text = complaint(file(path), specifier);
    if (expected === undefined) expect(text).toBeUndefined();
    else expect(text).toMatch(expected);
  });

  test('a cycle is found and named', () => {
    const edges = new Map([
      ['a', new Set(['b'])],
      ['b', new Set(['c'])],
      ['c', new Set(['b'])],
    ]);
    expect(findCycle(edges)).toBe('b -> c -> b');
  });
});
