import { factory } from '../../src/receiver/otlp/factory.ts';
import { NopConsumer } from '../../test/support/consumers.ts';
import { testSettings } from '../../test/support/settings.ts';
import type { Listening } from './script-server.ts';

/** Tailrace's receiver with nothing behind it: what taking in, walking and counting costs. */
const config = factory.schema.parse({ protocols: { grpc: { endpoint: '127.0.0.1:0' } } });
const receiver = factory.create(config, testSettings('otlp'), { traces: new NopConsumer() });
await receiver.start();
const port = Number(receiver.addresses()['grpc']?.split(':').at(-1));
process.send?.({ port } satisfies Listening);

process.once('SIGTERM', () => process.exit());
process.on('disconnect', () => process.exit());
