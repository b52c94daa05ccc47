import { lookup } from 'node:dns/promises';
import type { Server } from 'node:net';
import { splitEndpoint } from '../../config/fields.ts';

/** Where a server listens once it does. */
export interface Listening {
  /** `host:port` as configured, with the real port. */
  readonly address: string;
  readonly servers: readonly Server[];
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
  try {
    let boundPort = port;
    let unavailable: unknown;
    for (const address of await addressesOf(host)) {
      const server = create();
      try {
        boundPort = await listenOn(server, address, boundPort);
        servers.push(server);
      } catch (error) {
        if (!NO_SUCH_ADDRESS.has(codeOf(error))) throw error;
        unavailable = error;
      }
    }
    if (servers.length === 0) throw unavailable;
    return { address: `${endpoint.slice(0, endpoint.lastIndexOf(':'))}:${boundPort}`, servers };
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
      return error instanceof Error ? error.message : String(error);
  }
}
