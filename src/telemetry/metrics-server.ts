import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpListener } from '../internal/http-listener.ts';
import { messageOf } from '../internal/message-of.ts';
import type { MetricRegistry } from './metric-registry.ts';
import type { PrometheusConfig } from './metrics-config.ts';
import type { MetricsFormat, Naming } from './prometheus-text.ts';
import { contentType, metricsText } from './prometheus-text.ts';
import type { Resource } from './resource.ts';

/** Serves `/metrics` for one reader of the configuration. */
export class MetricsServer {
  readonly #config: PrometheusConfig;
  readonly #registry: MetricRegistry;
  readonly #naming: Naming;
  readonly #listener: HttpListener;

  constructor(config: PrometheusConfig, registry: MetricRegistry, resource: Resource) {
    this.#config = config;
    this.#registry = registry;
    this.#naming = {
      withTypeSuffix: !config.without_type_suffix,
      withUnits: !config.without_units,
      constantLabels: constantLabels(config, resource),
    };
    this.#listener = new HttpListener(config, (request, response) => void this.#answer(request, response));
  }

  /** @throws Error with the address that cannot be had */
  async start(): Promise<void> {
    try {
      await this.#listener.listen();
    } catch (cause) {
      const reason = messageOf(cause);
      throw new Error(`cannot listen on ${this.#config.host}:${this.#config.port}: ${reason}; choose another host or port`, { cause });
    }
  }

  shutdown(): Promise<void> {
    return this.#listener.close();
  }

  get address(): string | undefined {
    return this.#listener.address;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if ((request.url ?? '').replace(/\?.*$/s, '') !== '/metrics') {
      response.writeHead(404).end('The metrics are at /metrics\n');
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    const format = acceptedFormat(request.headers.accept);
    try {
      const text = await metricsText(this.#registry.families, this.#naming, format);
      response.writeHead(200, { 'content-type': contentType(format) }).end(text);
    } catch (error) {
      response.writeHead(500).end(`${String(error)}\n`);
    }
  }
}

/** OpenMetrics where the scraper prefers it to plain text. https://www.rfc-editor.org/rfc/rfc9110#name-accept */
export function acceptedFormat(accept: string | undefined): MetricsFormat {
  let openMetrics = 0;
  let plainText = 0;
  for (const range of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const weight = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
    if (type === 'application/openmetrics-text') openMetrics = Math.max(openMetrics, weight);
    else if (type === 'text/plain') plainText = Math.max(plainText, weight);
  }
  return openMetrics > plainText ? 'openmetrics' : 'prometheus';
}

function constantLabels(config: PrometheusConfig, resource: Resource): Readonly<Record<string, string>> {
  const { included, excluded } = config.with_resource_constant_labels;
  const chosen = Object.entries(resource).filter(([name]) => matchesAny(included, name) && !matchesAny(excluded, name));
  return resourceLabels(Object.fromEntries(chosen));
}

function matchesAny(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => {
    const expression = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '.*').replaceAll('?', '.');
    return new RegExp(`^${expression}$`, 's').test(name);
  });
}

/** Attributes as labels: `service.name` becomes `service_name`. */
export function resourceLabels(resource: Resource): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(resource).map(([name, value]) => [labelName(name), String(value)]));
}

function labelName(attribute: string): string {
  const name = attribute.replaceAll(/[^a-zA-Z0-9_]/g, '_');
  return /^\d/.test(name) ? `key_${name}` : name;
}
