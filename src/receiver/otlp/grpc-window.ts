import type { Server } from '@grpc/grpc-js';
import type { Http2Server, ServerHttp2Session } from 'node:http2';

/**
 * How much a client may send ahead of what the server has said to have read, bytes. HTTP/2's own 64 KiB, which grpc-js
 * leaves as it is on servers, lets through 64 KiB a round trip: an eighth of the throughput at 10 ms.
 */
const STREAM_WINDOW = 1024 * 1024;
const CONNECTION_WINDOW = 4 * 1024 * 1024;

/** What grpc-js keeps to itself and has no option for. */
interface ServerInternals {
  readonly commonServerOptions?: { settings?: Record<string, unknown> };
  readonly http2Servers?: ReadonlyMap<Http2Server, unknown>;
}

/**
 * Widens the flow control windows of all connections to come. `open` makes the server's listeners. Returns whether it could:
 * a version of grpc-js that is built otherwise works as before, only slower, and `test/receiver/otlp/grpc-window.test.ts`
 * says so.
 */
export function withWideWindow<T>(server: Server, open: () => T): { readonly opened: T; readonly isWide: boolean } {
  const { commonServerOptions, http2Servers } = server as unknown as ServerInternals;
  const hasOptions = typeof commonServerOptions === 'object';
  if (hasOptions) commonServerOptions.settings = { ...commonServerOptions.settings, initialWindowSize: STREAM_WINDOW };
  const opened = open();
  const hasServers = http2Servers instanceof Map && http2Servers.size > 0;
  if (hasServers) {
    for (const http2Server of http2Servers.keys() as MapIterator<Http2Server>) {
      http2Server.on('session', (session: ServerHttp2Session) => session.setLocalWindowSize(CONNECTION_WINDOW));
    }
  }
  return { opened, isWide: hasOptions && hasServers };
}
