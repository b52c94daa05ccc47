import { z } from 'zod';
import type { ComponentType, Registry } from '../../src/config/config.ts';
import type { Environment } from '../../src/config/expand.ts';
import { count, durationMs, endpoint, text } from '../../src/config/fields.ts';
import { parseYaml } from '../../src/config/parse-yaml.ts';
import { removedKeys, unsupportedKeys } from '../../src/config/removed-keys.ts';

const server = z.strictObject({ endpoint: endpoint.default('localhost:4317') });

const policy = z.discriminatedUnion('type', [
  z.strictObject({ name: z.string(), type: z.literal('latency'), latency: z.strictObject({ threshold_ms: count }) }),
  z.strictObject({ name: z.string(), type: z.literal('always_sample'), always_sample: z.strictObject({}).optional() }),
]);

/** A few component types, shaped like real ones, for tests of the configuration alone. */
export const exampleComponents = [
  {
    kind: 'receiver',
    type: 'otlp',
    aliases: [],
    signals: ['traces', 'metrics'],
    schema: z.strictObject({ protocols: z.strictObject({ grpc: server.optional(), http: server.optional() }) }),
  },
  {
    kind: 'processor',
    type: 'batch',
    aliases: [],
    signals: ['traces', 'metrics', 'logs'],
    schema: z.strictObject({ timeout: durationMs.prefault('200ms'), send_batch_size: count.default(8192) }),
  },
  {
    kind: 'processor',
    type: 'tail_sampling',
    aliases: [],
    signals: ['traces'],
    schema: z
      .strictObject({ policies: z.array(policy).min(1), num_traces: count.default(50_000) })
      .register(unsupportedKeys, { tail_storage: 'use window' }),
  },
  {
    kind: 'exporter',
    type: 'otlp',
    aliases: ['otlp_grpc'],
    signals: ['traces', 'metrics', 'logs'],
    schema: z
      .strictObject({
        endpoint: z.string(),
        headers: z.record(z.string(), text).prefault({}),
        compression: z.enum(['gzip', 'none']).default('gzip'),
        num_consumers: count.default(10),
        tls: z.strictObject({ insecure: z.boolean().default(false) }).prefault({}),
      })
      .register(removedKeys, { insecure: 'tls: {insecure: true}' }),
  },
  { kind: 'extension', type: 'health_check', aliases: [], schema: server },
] as const satisfies readonly ComponentType[];

const telemetry = z.strictObject({ logs: z.strictObject({ level: z.enum(['debug', 'info']).default('info') }).prefault({}) });

export const exampleRegistry: Registry<(typeof exampleComponents)[number], z.output<typeof telemetry>> = { components: exampleComponents, telemetry };

/** Files and variables that are there, and the warnings that were given. */
export class ExampleEnvironment implements Environment {
  readonly warnings: string[] = [];
  readonly #files: Readonly<Record<string, string>>;
  readonly #variables: Readonly<Record<string, string>>;

  constructor(files: Readonly<Record<string, string>>, variables: Readonly<Record<string, string>> = {}) {
    this.#files = files;
    this.#variables = variables;
  }

  variable(name: string): string | undefined {
    return this.#variables[name];
  }

  file(path: string): ReturnType<Environment['file']> {
    const content = this.#files[path];
    if (content === undefined) throw new Error(`the test has no file ${path}`);
    return parseYaml(content, path);
  }

  warn(message: string): void {
    this.warnings.push(message);
  }
}
