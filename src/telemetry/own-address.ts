import { hostname, networkInterfaces } from 'node:os';
import { splitEndpoint } from '../config/fields.ts';

const WILDCARDS: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);

/**
 * Of the addresses that listen (`host:port`), the one that `destination` leads to; undefined where it leads elsewhere. Names
 * are not looked up: one that only a name server knows to be this machine is not recognised.
 */
export function ownAddress(destination: string, listening: readonly string[]): string | undefined {
  const { host, port } = splitEndpoint(destination);
  return listening.find((address) => {
    const own = splitEndpoint(address);
    if (own.port !== port) return false;
    if (WILDCARDS.has(own.host)) return isThisMachine(host);
    return own.host === host || (LOOPBACK.has(own.host) && LOOPBACK.has(host));
  });
}

function isThisMachine(host: string): boolean {
  if (LOOPBACK.has(host) || WILDCARDS.has(host) || host === hostname()) return true;
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === host));
}
