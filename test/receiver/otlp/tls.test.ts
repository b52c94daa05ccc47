import { credentials, status } from '@grpc/grpc-js';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { RequestOptions } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { encodeRequest, span, tracesOf } from '../../support/otlp.ts';
import { noDeadline } from '../../support/settings.ts';
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

describe('gRPC over TLS', () => {
  const target = { 'grpc.ssl_target_name_override': 'localhost' };

  test('many calls at once, small and large, come as they were sent', async () => {
    const { sink, grpcPort } = await startReceiver({ grpc: { tls: SERVER } });
    const client = grpcClient(grpcPort, credentials.createSsl(ca), { ...target, 'grpc.max_send_message_length': -1 });
    const requests = Array.from({ length: 60 }, (_, i) => encodeRequest('traces', tracesOf([span({ name: `${i} `.repeat(i ** 3) })])));
    const results = await Promise.all(requests.map((bytes) => exportOverGrpc(client, 'traces', bytes)));
    expect(results.filter((result) => 'error' in result)).toEqual([]);
    const texts = (list: readonly Uint8Array[]): string[] => list.map((bytes) => Buffer.from(bytes).toString('latin1')).sort();
    expect(texts(sink.requests.map(({ bytes }) => bytes)).join() === texts(requests).join()).toBe(true);
  });

  test('a call that does not end is cut off when the time to stop is over', async () => {
    const next = { consume: () => new Promise<void>(() => undefined) };
    const { receiver, settings, grpcPort } = await startReceiver({ grpc: { tls: SERVER }, next: { traces: next } });
    const client = grpcClient(grpcPort, credentials.createSsl(ca), target);
    const outcome = exportOverGrpc(client, 'traces', TRACES);
    await expect.poll(() => settings.meter.total('tailrace_receiver_in_flight_requests')).toBe(1);
    await receiver.shutdown(noDeadline(AbortSignal.abort()));
    expect(await outcome).toMatchObject({ error: { code: status.UNAVAILABLE } });
  });
});

describe('what a client of the gRPC port may offer instead of h2', () => {
  const offer = (port: number, protocols: string[]): Promise<string | false | null> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca, ALPNProtocols: protocols }, () => resolve(socket.alpnProtocol));
      onTestFinished(() => void socket.destroy());
      socket.on('error', reject);
    });

  test.each([
    ['nothing', [], false],
    ['h2 among others', ['http/1.1', 'h2'], 'h2'],
  ])('%s is served', async (_what, protocols, agreed) => {
    const { grpcPort } = await startReceiver({ grpc: { tls: SERVER } });
    expect(await offer(grpcPort, protocols)).toBe(agreed);
  });

  test('HTTP/1.1 alone is not, nor are bytes that are no TLS, and others are', async () => {
    const { grpcPort } = await startReceiver({ grpc: { tls: SERVER } });
    await expect(offer(grpcPort, ['http/1.1'])).rejects.toThrow('no application protocol');
    const plain = connectTcp(grpcPort, '127.0.0.1');
    const closed = new Promise<void>((resolve) => plain.on('error', () => undefined).on('close', () => resolve()));
    plain.end('GET / HTTP/1.1\r\n\r\n');
    plain.resume();
    await closed;
    const client = grpcClient(grpcPort, credentials.createSsl(ca), { 'grpc.ssl_target_name_override': 'localhost' });
    expect(await exportOverGrpc(client, 'traces', TRACES)).toHaveProperty('response');
  });

  test('who asks for TLS and does not go on is no obstacle to stopping', async () => {
    const { receiver, grpcPort } = await startReceiver({ grpc: { tls: SERVER } });
    const silent = connectTcp(grpcPort, '127.0.0.1');
    silent.on('error', () => undefined);
    await new Promise((resolve) => silent.on('connect', resolve));
    const closed = new Promise<void>((resolve) => silent.on('close', () => resolve()));
    const end = new AbortController();
    const stopped = receiver.shutdown(noDeadline(end.signal));
    end.abort();
    await Promise.all([stopped, closed]);
    expect(silent.bytesRead).toBe(0);
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
