import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { exportMethod } from '../../src/pdata/service/export-method.ts';
import type { Listening } from './script-server.ts';

/** grpc-js that does nothing but answer: what receiving costs before anybody looks at a byte. */
const EMPTY = Buffer.alloc(0);

const server = new Server({ 'grpc.max_receive_message_length': -1 });
const Export = (_call: ServerUnaryCall<Uint8Array, Uint8Array>, answer: sendUnaryData<Uint8Array>): void => answer(null, EMPTY);
server.addService({ Export: exportMethod('traces') }, { Export });
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.send?.({ port } satisfies Listening);
});

process.once('SIGTERM', () => process.exit());
process.on('disconnect', () => process.exit());
