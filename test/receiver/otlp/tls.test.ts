import { credentials, status } from '@grpc/grpc-js';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { RequestOptions } from 'node:https';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { encodeRequest, span, tracesOf } from '../../support/otlp.ts';
import { PROTOBUF, exportOverGrpc, grpcClient, startReceiver } from './start-receiver.ts';

const file = (name: string): string => fileURLToPath(new URL(`../../data/tls/${name}`, import.meta.url));
const ca = readFileSync(file('ca.crt'));
const cert = readFileSync(file('client.crt'));
const key = readFileSync(file('client.key'));

const TRACES = encodeRequest('traces', tracesOf([span()]));
const SERVER = { cert_file: file('server.crt'), key_file: file('server.key') };
const MUTUAL = { ...SERVER, client_ca_file: file('ca.crt') };

function sendOverHttps(port: number, options: RequestOptions): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const target = { host: '127.0.0.1', servername: 'localhost', port, path: '/v1/traces', method: 'POST', headers: PROTOBUF, agent: false };
    const sending = request({ ...target, ...options }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sending.on('error', reject);
    sending.end(TRACES);
  });
}

describe('gRPC', () => {
  test.each([
    ['a client that knows the authority', SERVER, credentials.createSsl(ca)],
    ['a client with a certificate where one is asked for', MUTUAL, credentials.createSsl(ca, key, cert)],
  ])('%s is served', async (_what, tls, channelCredentials) => {
    const { sink, grpcPort } = await startReceiver({ grpc: { tls } });
    expect(await exportOverGrpc(grpcClient(grpcPort, channelCredentials, { 'grpc.ssl_target_name_override': 'localhost' }), 'traces', TRACES)).toHaveProperty('response');
    expect(Buffer.from(sink.requests[0]!.bytes)).toEqual(Buffer.from(TRACES));
  });

  test.each([
    ['a client without TLS', SERVER, credentials.createInsecure()],
    ['a client without a certificate where one is asked for', MUTUAL, credentials.createSsl(ca)],
  ])('%s is not', async (_what, tls, channelCredentials) => {
    const { sink, grpcPort } = await startReceiver({ grpc: { tls } });
    const result = await exportOverGrpc(grpcClient(grpcPort, channelCredentials, { 'grpc.ssl_target_name_override': 'localhost' }), 'traces', TRACES);
    expect(result).toMatchObject({ error: { code: status.UNAVAILABLE } });
    expect(sink.requests).toHaveLength(0);
  });
});

describe('HTTP', () => {
  test('clients are served, and asked for a certificate where that is wanted', async () => {
    const { httpPort, sink } = await startReceiver({ http: { tls: SERVER } });
    expect(await sendOverHttps(httpPort, { ca })).toBe(200);
    expect(sink.requests).toHaveLength(1);
    const mutual = await startReceiver({ http: { tls: MUTUAL } });
    expect(await sendOverHttps(mutual.httpPort, { ca, cert, key })).toBe(200);
    await expect(sendOverHttps(mutual.httpPort, { ca })).rejects.toThrow(/certificate required|ECONNRESET|socket hang up/);
    expect(mutual.sink.requests).toHaveLength(1);
  });
});

test.each(['grpc', 'http'] as const)('%s: min_version holds', async (protocol) => {
  const { grpcPort, httpPort } = await startReceiver({ [protocol]: { tls: { ...SERVER, min_version: '1.3' } } });
  const port = protocol === 'grpc' ? grpcPort : httpPort;
  const handshake = (maxVersion: 'TLSv1.2' | 'TLSv1.3') =>
    new Promise<string | null>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca, maxVersion, ALPNProtocols: ['h2', 'http/1.1'] }, () => {
        resolve(socket.getProtocol());
        socket.destroy();
      });
      socket.on('error', reject);
    });
  expect(await handshake('TLSv1.3')).toBe('TLSv1.3');
  await expect(handshake('TLSv1.2')).rejects.toThrow('protocol version');
});

test.each(['grpc', 'http'] as const)('%s: a file that is not there is an error at start', async (protocol) => {
  const started = startReceiver({ [protocol]: { tls: { cert_file: '/nowhere/a.crt', key_file: '/nowhere/a.key' } } });
  await expect(started).rejects.toThrow('tls.cert_file: cannot read /nowhere/a.crt');
});
