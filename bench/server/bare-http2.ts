import type { AddressInfo } from 'node:net';
import { grpcServer } from './grpc-over-http2.ts';
import type { Listening } from './script-server.ts';

/** The same calls answered on node:http2 without grpc-js. */
const server = grpcServer(() => undefined);
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port } satisfies Listening);
});

process.once('SIGTERM', () => process.exit());
process.on('disconnect', () => process.exit());
