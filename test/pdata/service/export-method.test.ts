import { expect, test } from 'vitest';
import { SIGNALS } from '../../../src/pdata/otlp/signal.ts';
import { exportMethod, httpPath } from '../../../src/pdata/service/export-method.ts';

test.each([
  ['traces', '/opentelemetry.proto.collector.trace.v1.TraceService/Export', '/v1/traces'],
  ['metrics', '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export', '/v1/metrics'],
  ['logs', '/opentelemetry.proto.collector.logs.v1.LogsService/Export', '/v1/logs'],
] as const)('%s are exported to %s and %s', (signal, grpc, http) => {
  expect(exportMethod(signal)).toMatchObject({ path: grpc, requestStream: false, responseStream: false });
  expect(httpPath(signal)).toBe(http);
});

test.each(SIGNALS)('codecs of %s hand bytes through without a copy', (signal) => {
  const { requestSerialize, requestDeserialize, responseSerialize, responseDeserialize } = exportMethod(signal);
  const memory = Uint8Array.of(0, 1, 2, 3, 4);
  const part = memory.subarray(1, 4);
  for (const serialize of [requestSerialize, responseSerialize]) {
    const sent = serialize(part);
    expect([...sent]).toEqual([1, 2, 3]);
    expect(sent.buffer).toBe(memory.buffer);
  }
  const received = Buffer.of(1, 2, 3);
  expect(requestDeserialize(received)).toBe(received);
  expect(responseDeserialize(received)).toBe(received);
});
