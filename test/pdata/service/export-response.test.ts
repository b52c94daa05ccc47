import { expect, test } from 'vitest';
import { messageType } from '../../../src/pdata/service/message-root.ts';
import { decodeExportResponse, encodeExportResponse } from '../../../src/pdata/service/export-response.ts';

test('full success has no bytes', () => {
  expect(encodeExportResponse(0, '')).toHaveLength(0);
  expect(decodeExportResponse(new Uint8Array(0))).toEqual({ rejectedItems: 0, errorMessage: '' });
});

test.each([
  ['trace.v1.ExportTraceServiceResponse', 'rejectedSpans'],
  ['metrics.v1.ExportMetricsServiceResponse', 'rejectedDataPoints'],
  ['logs.v1.ExportLogsServiceResponse', 'rejectedLogRecords'],
])('reads and writes %s', (name, rejected) => {
  const type = messageType(`opentelemetry.proto.collector.${name}`);
  const bytes = type.encode(type.fromObject({ partialSuccess: { [rejected]: 3, errorMessage: 'no trace id' } })).finish();
  expect(decodeExportResponse(bytes)).toEqual({ rejectedItems: 3, errorMessage: 'no trace id' });
  expect(Buffer.from(encodeExportResponse(3, 'no trace id'))).toEqual(Buffer.from(bytes));
});

test('a warning rejects nothing', () => {
  expect(decodeExportResponse(encodeExportResponse(0, 'slow down'))).toEqual({ rejectedItems: 0, errorMessage: 'slow down' });
});

test('bytes that are no message are an error', () => {
  expect(() => decodeExportResponse(Uint8Array.of(0x0a, 0x7f))).toThrow('index out of range');
});
