import { describe, expect, test } from 'vitest';
import { otlpReceiverConfig } from '../../../src/receiver/otlp/config.ts';

function issuesOf(protocols: unknown): string[] {
  const parsed = otlpReceiverConfig.safeParse({ protocols });
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('defaults', () => {
  const { grpc, http } = otlpReceiverConfig.parse({ protocols: { grpc: {}, http: {} } }).protocols;
  expect(grpc).toEqual({ endpoint: 'localhost:4317', transport: 'tcp', max_recv_msg_size_mib: 64, include_metadata: false });
  expect(http).toEqual({
    endpoint: 'localhost:4318',
    traces_url_path: '/v1/traces',
    metrics_url_path: '/v1/metrics',
    logs_url_path: '/v1/logs',
    max_request_body_size: 67_108_864,
    compression_algorithms: ['', 'gzip', 'zstd', 'zlib', 'deflate'],
    response_headers: {},
    read_timeout: 300_000,
    read_header_timeout: 60_000,
    write_timeout: 30_000,
    idle_timeout: 60_000,
    keep_alives_enabled: true,
    include_metadata: false,
  });
});

test('one protocol alone', () => {
  expect(otlpReceiverConfig.parse({ protocols: { grpc: {} } }).protocols.http).toBeUndefined();
});

test('0 is the default or no limit, as in the Collector', () => {
  const keepalive = {
    server_parameters: { max_connection_idle: 0, max_connection_age: '0s', max_connection_age_grace: 0, time: 0, timeout: '0s' },
    enforcement_policy: { min_time: 0 },
  };
  const { grpc } = otlpReceiverConfig.parse({ protocols: { grpc: { max_concurrent_streams: 0, keepalive } } }).protocols;
  expect(grpc?.max_concurrent_streams).toBeUndefined();
  expect(grpc?.keepalive).toEqual({
    server_parameters: { time: 7_200_000, timeout: 20_000 },
    enforcement_policy: { min_time: 300_000, permit_without_stream: false },
  });
});

test('what public configurations set', () => {
  const grpc = {
    endpoint: '0.0.0.0:4317',
    max_recv_msg_size_mib: 200,
    max_concurrent_streams: 16,
    read_buffer_size: 524_288,
    write_buffer_size: 524_288,
    keepalive: {
      server_parameters: { max_connection_idle: '11s', max_connection_age: '12s', max_connection_age_grace: '13s', time: '30s', timeout: '5s' },
      enforcement_policy: { min_time: '10s', permit_without_stream: true },
    },
  };
  const http = { endpoint: ':4318', include_metadata: true, cors: { allowed_origins: ['*'], allowed_headers: ['*'], max_age: 7200 }, max_request_body_size: 0 };
  expect(issuesOf({ grpc, http })).toEqual([]);
  const parsed = otlpReceiverConfig.parse({ protocols: { grpc, http } }).protocols;
  expect(parsed.grpc?.keepalive?.server_parameters).toMatchObject({ max_connection_age: 12_000, time: 30_000 });
  expect(parsed.http?.max_request_body_size).toBe(67_108_864);
});

describe('what is refused', () => {
  test.each<[string, unknown, string[]]>([
    ['no protocol', {}, ['protocols: must have grpc or http, or both']],
    ['a unix socket', { grpc: { transport: 'unix' } }, ['protocols.grpc.transport: must be tcp: unix sockets are not supported']],
    ['an endpoint with a scheme', { http: { endpoint: 'http://0.0.0.0:4318' } }, ['protocols.http.endpoint: must be host:port, as localhost:4317']],
    ['a path without slash', { http: { traces_url_path: 'v1/traces' } }, ['protocols.http.traces_url_path: must begin with /']],
    ['TLS without a certificate', { grpc: { tls: {} } }, ['protocols.grpc.tls: who listens with TLS needs a certificate: write cert_file and key_file']],
  ])('%s', (_what, protocols, issues) => {
    expect(issuesOf(protocols)).toEqual(issues);
  });

  test.each([
    ['grpc', 'auth'],
    ['http', 'auth'],
    ['http', 'middlewares'],
    ['http', 'max_recv_msg_size_mib'],
  ])('%s.%s', (protocol, key) => {
    expect(issuesOf({ [protocol]: { [key]: {} } })).toHaveLength(1);
  });
});
