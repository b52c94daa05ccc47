import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerOptions } from 'node:https';
import type { Component } from '../../component/component.ts';
import type { Addressed, ComponentSettings, Host } from '../../component/factory.ts';
import { splitEndpoint } from '../../config/fields.ts';
import type { ServerTlsConfig } from '../../config/tls.ts';
import { loadServerTls } from '../../config/tls.ts';
import { formatGoDuration } from '../../internal/go-duration.ts';
import { HttpListener } from '../../internal/http-listener.ts';
import { messageOf } from '../../internal/message-of.ts';
import type { HealthCheckConfig } from './config.ts';

/** What Go prints for a time that never was. */
const NEVER = '0001-01-01T00:00:00Z';

/** Answers 200 while the service is ready and 503 while it starts or stops, for load balancers and Kubernetes probes. */
export class HealthCheck implements Component, Addressed {
  readonly #config: HealthCheckConfig;
  readonly #settings: ComponentSettings;
  readonly #host: Host;
  #listener: HttpListener | undefined;
  #startedAt = 0;

  constructor(config: HealthCheckConfig, settings: ComponentSettings, host: Host) {
    this.#config = config;
    this.#settings = settings;
    this.#host = host;
  }

  async start(): Promise<void> {
    const { endpoint, tls } = this.#config;
    this.#startedAt = this.#settings.clock.now();
    const listener = new HttpListener({ ...splitEndpoint(endpoint), tls: tls && serverOptions(tls) }, (request, response) => this.#answer(request, response));
    try {
      await listener.listen();
    } catch (cause) {
      const reason = messageOf(cause);
      throw new Error(`endpoint: cannot listen on ${endpoint}: ${reason}`, { cause });
    }
    this.#listener = listener;
  }

  async shutdown(): Promise<void> {
    await this.#listener?.close();
  }

  addresses(): Readonly<Record<string, string>> {
    const address = this.#listener?.address;
    return address === undefined ? {} : { http: address };
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { path } = this.#config;
    const asked = (request.url ?? '/').replace(/[?#].*$/s, '');
    if (path.endsWith('/') ? !asked.startsWith(path) : asked !== path) {
      response.writeHead(404).end();
      return;
    }
    const isReady = this.#host.state() === 'ready';
    const custom = this.#config.response_body;
    const contentType = custom === undefined ? 'application/json' : 'text/plain; charset=utf-8';
    response.writeHead(isReady ? 200 : 503, { 'content-type': contentType });
    if (custom === undefined) response.end(JSON.stringify(this.#report(isReady)));
    else response.end(isReady ? custom.healthy : custom.unhealthy);
  }

  #report(isReady: boolean): object {
    if (!isReady) return { status: 'Server not available', upSince: NEVER, uptime: '' };
    const upSince = new Date(this.#startedAt).toISOString();
    const uptime = formatGoDuration(this.#settings.clock.now() - this.#startedAt);
    return { status: 'Server available', upSince, uptime };
  }
}

function serverOptions(config: ServerTlsConfig): ServerOptions {
  const { context, requestCert } = loadServerTls(config);
  return { ...context, requestCert, rejectUnauthorized: requestCert };
}
