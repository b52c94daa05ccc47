import { Server, ServerCredentials } from '@grpc/grpc-js';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { expect, onTestFinished, test } from 'vitest';
import { withWideWindow } from '../../../src/receiver/otlp/grpc-window.ts';
import { startReceiver } from './start-receiver.ts';

test('this version of grpc-js has what the windows are widened with', () => {
  const server = new Server();
  onTestFinished(() => server.forceShutdown());
  const { isWide } = withWideWindow(server, () => server.createConnectionInjector(ServerCredentials.createInsecure()));
  expect(isWide).toBe(true);
});

test('a version that is built otherwise works as before', () => {
  expect(withWideWindow({} as Server, () => 'opened')).toEqual({ opened: 'opened', isWide: false });
});

test('clients may send 1 MiB a request and 4 MiB a connection ahead', async () => {
  const { grpcPort } = await startReceiver();
  const session = connect(`http://127.0.0.1:${grpcPort}`);
  onTestFinished(() => session.destroy());
  const [settings] = (await once(session, 'remoteSettings')) as [{ initialWindowSize: number }];
  expect(settings.initialWindowSize).toBe(1024 * 1024);
  await expect.poll(() => session.state.remoteWindowSize).toBe(4 * 1024 * 1024);
});
