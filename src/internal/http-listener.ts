import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface ListenOptions {
  /** Empty for every address. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Certificates; without them plain HTTP is spoken. */
  readonly tls?: ServerOptions | undefined;
}

/** A small HTTP server for pages about the process itself: listens once, and closes without waiting for idle connections. */
export class HttpListener {
  readonly #options: ListenOptions;
  readonly #server: Server;

  constructor(options: ListenOptions, handler: RequestListener) {
    this.#options = options;
    this.#server = options.tls === undefined ? createHttpServer(handler) : createHttpsServer(options.tls, handler);
  }

  /** Resolves when connections are taken; rejects when the address cannot be had. */
  async listen(): Promise<void> {
    const { host, port } = this.#options;
    // As Go does: a name that has both kinds of address, such as localhost, means the one that every client tries.
    const address = host === '' ? undefined : (await lookup(host, { order: 'ipv4first' })).address;
    this.#server.listen(address === undefined ? { port } : { host: address, port });
    await once(this.#server, 'listening');
  }

  /** `host:port` with the host as configured and the real port; undefined while nothing listens. */
  get address(): string | undefined {
    const bound = this.#server.address() as AddressInfo | null;
    if (bound === null) return undefined;
    const host = this.#options.host === '' ? bound.address : this.#options.host;
    return `${host.includes(':') ? `[${host}]` : host}:${bound.port}`;
  }

  /** Takes no more connections and ends those there are. Safe when nothing listens. */
  close(): Promise<void> {
    if (!this.#server.listening) return Promise.resolve();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
