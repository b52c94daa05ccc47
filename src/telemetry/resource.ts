import type { TelemetryConfig } from './config.ts';

/** What this process is, for its metrics and traces. Attribute values by name. */
export type Resource = Readonly<Record<string, string | number | boolean>>;

/** Of the running program. */
export interface Build {
  readonly name: string;
  readonly version: string;
}

/** https://opentelemetry.io/docs/specs/semconv/resource/#service */
export function resourceOf(config: TelemetryConfig['resource'], build: Build, instanceId: string): Resource {
  const configured: Readonly<Record<string, string | number | boolean | null>> = isDeclared(config)
    ? Object.fromEntries(config.attributes.map(({ name, value }) => [name, value]))
    : config;
  const merged = { 'service.name': build.name, 'service.version': build.version, 'service.instance.id': instanceId, ...configured };
  return Object.fromEntries(Object.entries(merged).flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}

type DeclaredResource = Extract<TelemetryConfig['resource'], { attributes: readonly unknown[] }>;

function isDeclared(config: TelemetryConfig['resource']): config is DeclaredResource {
  return Array.isArray(config['attributes']);
}
