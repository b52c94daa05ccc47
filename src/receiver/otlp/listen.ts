import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { splitEndpoint } from '../../config/fields.ts';
import { messageOf } from '../../internal/message-of.ts';

/** Servers that listen for one endpoint, and the connections they have taken. */
export class Listening {
  /** `host:port` as configured, with the real port. */
  readonly address: string;
  /** Open connections; those with TLS as the TCP sockets below it. */
  readonly sockets: ReadonlySet<Socket>;
  readonly #servers: readonly Server[];

  constructor(address: string, servers: readonly Server[], sockets: ReadonlySet<Socket>) {
    this.address = address;
    this.sockets = sockets;
    this.#servers = servers;
  }

  /** Takes no more connections; resolves when the last one is closed. */
  async close(): Promise<void> {
    await Promise.all(
      this.#servers.map(async (server) => {
        server.close();
        await once(server, 'close');
      }),
    );
  }

  /** Breaks off all connections. */
  destroy(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}

/** What a machine without one of the two IP versions says to an address of that version. */
const NO_SUCH_ADDRESS: ReadonlySet<unknown> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/**
 * Listens on every address that the host of `endpoint` stands for, with a server of `create` each: `localhost` is
 * 127.0.0.1 and ::1, and clients try either first. An empty host is every address of the machine. With port 0 all get the
 * port that the first was given.
 *
 * @throws Error that names `key` and the endpoint when the port is taken or the host is none of this machine; nothing
 * listens then.
 */
export async function listen(key: string, endpoint: string, create: () => Server): Promise<Listening> {
  const { host, port } = splitEndpoint(endpoint);
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  try {
    let boundPort = port;
    let unavailable: unknown;
    for (const address of await addressesOf(host)) {
      const server = create();
      server.on('connection', (socket: Socket) => {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
      });
      try {
        boundPort = await listenOn(server, address, boundPort);
        servers.push(server);
      } catch (error) {
        if (!NO_SUCH_ADDRESS.has(codeOf(error))) throw error;
        unavailable = error;
      }
    }
    if (servers.length === 0) throw unavailable;
    return new Listening(`${endpoint.slice(0, endpoint.lastIndexOf(':'))}:${boundPort}`, servers, sockets);
  } catch (error) {
    for (const server of servers) server.close();
    throw new Error(`${key}.endpoint: cannot listen on ${endpoint}: ${explain(error)}`, { cause: error });
  }
}

async function addressesOf(host: string): Promise<readonly (string | undefined)[]> {
  if (host === '') return [undefined];
  const found = await lookup(host, { all: true });
  return [...new Set(found.map(({ address }) => address))];
}

/** Without an address Node.js takes `::`, which means IPv4 too, or 0.0.0.0 where there is no IPv6. */
function listenOn(server: Server, host: string | undefined, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject);
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function explain(error: unknown): string {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return 'the port is in use by another process or another receiver';
    case 'EACCES':
      return 'this user may not listen on that port';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host is unknown';
    case 'EADDRNOTAVAIL':
      return 'the host is none of the addresses of this machine';
    default:
      return messageOf(error);
  }
}
