import { compressionAlgorithms, connectivityState, status } from '@grpc/grpc-js';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:http2';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConsumeError } from '../../../src/consumer/consume-error.ts';
import { SIGNALS } from '../../../src/pdata/otlp/signal.ts';
import { decodeExportResponse } from '../../../src/pdata/service/export-response.ts';
import { decodeRpcStatus } from '../../../src/pdata/service/rpc-status.ts';
import { FailingConsumer } from '../../support/consumers.ts';
import { decodeRequest, encodeRequest, id, logsOf, metricsOf, span, spansOf, tracesOf } from '../../support/otlp.ts';
import type { GrpcResult } from './start-receiver.ts';
import { exportOverGrpc, grpcClient, startReceiver } from './start-receiver.ts';

const REQUESTS = {
  traces: { bytes: encodeRequest('traces', tracesOf([span(), span()])), items: 2, counter: 'spans' },
  metrics: { bytes: encodeRequest('metrics', metricsOf(3)), items: 3, counter: 'metric_points' },
  logs: { bytes: encodeRequest('logs', logsOf(4)), items: 4, counter: 'log_records' },
} as const;

const LABELS = '{receiver="otlp",transport="grpc"}';

function errorOf(result: GrpcResult) {
  if (!('error' in result)) throw new Error('the export succeeded');
  return result.error;
}

describe('what is taken', () => {
  test.each(SIGNALS)('%s arrive as the bytes that were sent, and are counted', async (signal) => {
    const { sink, settings, grpcPort } = await startReceiver();
    const { bytes, items, counter } = REQUESTS[signal];
    const result = await exportOverGrpc(grpcClient(grpcPort), signal, bytes);
    expect(result).toEqual({ response: Buffer.alloc(0) });
    expect(sink.requests).toMatchObject([{ signal, itemCount: items }]);
    expect(Buffer.from(sink.requests[0]!.bytes)).toEqual(Buffer.from(bytes));
    expect(settings.meter.value(`otelcol_receiver_accepted_${counter}${LABELS}`)).toBe(items);
    expect(settings.meter.value(`tailrace_receiver_received_bytes{data_type="${signal}",receiver="otlp",transport="grpc"}`)).toBe(bytes.length);
    expect(settings.meter.value('otelcol_receiver_requests{outcome="success",receiver="otlp",transport="grpc"}')).toBe(1);
    expect(settings.meter.total('tailrace_receiver_in_flight_requests')).toBe(0);
  });

  test.each([
    ['gzip', compressionAlgorithms.gzip],
    ['deflate', compressionAlgorithms.deflate],
  ])('compressed with %s', async (_name, algorithm) => {
    const { sink, grpcPort } = await startReceiver();
    const client = grpcClient(grpcPort, undefined, { 'grpc.default_compression_algorithm': algorithm });
    expect(await exportOverGrpc(client, 'traces', REQUESTS.traces.bytes)).toHaveProperty('response');
    expect(Buffer.from(sink.requests[0]!.bytes)).toEqual(Buffer.from(REQUESTS.traces.bytes));
  });

  test.each([
    ['no bytes', new Uint8Array(0)],
    ['a resource without spans', encodeRequest('traces', { resourceSpans: [{ scopeSpans: [{}] }] })],
  ])('an empty request (%s) succeeds and goes no further', async (_what, bytes) => {
    const { sink, grpcPort } = await startReceiver();
    expect(await exportOverGrpc(grpcClient(grpcPort), 'traces', bytes)).toHaveProperty('response');
    expect(sink.requests).toHaveLength(0);
  });

  test('spans of the OpenTelemetry SDK', async () => {
    const { sink, grpcPort } = await startReceiver();
    const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${grpcPort}` });
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    onTestFinished(() => provider.shutdown());
    provider.getTracer('test').startSpan('from the SDK', { attributes: { 'http.method': 'GET' } }).end();
    await provider.forceFlush();
    const [received] = spansOf(sink.requests[0]!.bytes);
    expect(received).toMatchObject({ name: 'from the SDK', attributes: [{ key: 'http.method', value: { stringValue: 'GET' } }] });
    expect(received!.traceId).toHaveLength(16);
  });
});

describe('spans with invalid ids', () => {
  const valid = span({ traceId: id(7, 16), name: 'good' });
  const invalid = [
    span({ traceId: id(0, 16), name: 'zeros' }),
    span({ traceId: 'abcd', name: 'short' }),
    { ...span(), traceId: new Uint8Array(0), name: 'none' },
  ];

  test('some: the others are taken and the sender learns how many were not', async () => {
    const { sink, settings, grpcPort } = await startReceiver();
    const request = {
      resourceSpans: [
        { scopeSpans: [{ spans: [invalid[0]!, valid] }, { spans: [invalid[1]!] }], schemaUrl: 'r' },
        { scopeSpans: [{ spans: [valid, invalid[2]!], schemaUrl: 's' }] },
      ],
    };
    const result = await exportOverGrpc(grpcClient(grpcPort), 'traces', encodeRequest('traces', request));
    if (!('response' in result)) throw result.error;
    const { rejectedItems, errorMessage } = decodeExportResponse(result.response);
    expect(rejectedItems).toBe(3);
    expect(errorMessage).toContain('3 of 5 spans');
    expect(sink.requests[0]!.itemCount).toBe(2);
    const expected = {
      resourceSpans: [
        { scopeSpans: [{ spans: [valid] }, {}], schemaUrl: 'r' },
        { scopeSpans: [{ spans: [valid], schemaUrl: 's' }] },
      ],
    };
    expect(decodeRequest('traces', sink.requests[0]!.bytes)).toEqual(decodeRequest('traces', encodeRequest('traces', expected)));
    expect(settings.meter.value(`otelcol_receiver_accepted_spans${LABELS}`)).toBe(2);
    expect(settings.meter.value(`otelcol_receiver_refused_spans${LABELS}`)).toBe(3);
    expect(settings.meter.value('tailrace_receiver_refused_items{data_type="traces",reason="invalid_id",receiver="otlp",transport="grpc"}')).toBe(3);
    expect(settings.meter.total('tailrace_receiver_refused_requests')).toBe(0);
  });

  test('all: INVALID_ARGUMENT', async () => {
    const { sink, settings, grpcPort } = await startReceiver();
    const error = errorOf(await exportOverGrpc(grpcClient(grpcPort), 'traces', encodeRequest('traces', tracesOf(invalid))));
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(error.details).toContain('3 of 3 spans have an invalid id');
    expect(sink.requests).toHaveLength(0);
    expect(settings.meter.value(`otelcol_receiver_refused_spans${LABELS}`)).toBe(3);
    expect(settings.meter.value('tailrace_receiver_refused_requests{reason="invalid_id",receiver="otlp",transport="grpc"}')).toBe(1);
  });
});

describe('what is refused', () => {
  test.each(SIGNALS)('malformed %s: INVALID_ARGUMENT, and the next request is fine', async (signal) => {
    const { sink, settings, grpcPort } = await startReceiver();
    const client = grpcClient(grpcPort);
    const { bytes } = REQUESTS[signal];
    const error = errorOf(await exportOverGrpc(client, signal, bytes.subarray(0, bytes.length - 1)));
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(error.details).toMatch(/no valid protobuf message: .* at byte \d+/);
    expect(settings.meter.value('tailrace_receiver_refused_requests{reason="malformed",receiver="otlp",transport="grpc"}')).toBe(1);
    expect(await exportOverGrpc(client, signal, bytes)).toHaveProperty('response');
    expect(sink.requests).toHaveLength(1);
  });

  test.each([
    ['as sent', {}],
    ['after decompression', { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip }],
  ])('larger than the limit %s: RESOURCE_EXHAUSTED, not to be sent again', async (_what, options) => {
    const { sink, settings, grpcPort } = await startReceiver({ grpc: { max_recv_msg_size_mib: 1 } });
    const client = grpcClient(grpcPort, undefined, options);
    const large = encodeRequest('traces', tracesOf([span({ name: 'x'.repeat(1024 * 1024) })]));
    const error = errorOf(await exportOverGrpc(client, 'traces', large));
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(error.metadata.get('grpc-status-details-bin')).toEqual([]);
    expect(settings.meter.value('tailrace_receiver_refused_requests{reason="too_large",receiver="otlp",transport="grpc"}')).toBe(1);
    expect(sink.requests).toHaveLength(0);
    const nearly = encodeRequest('traces', tracesOf([span({ name: 'x'.repeat(1024 * 1024 - 200) })]));
    expect(await exportOverGrpc(client, 'traces', nearly)).toHaveProperty('response');
  });

  test.each([
    ['gzip', status.INVALID_ARGUMENT, 'malformed'],
    ['zstd', status.UNIMPLEMENTED, 'unsupported_content_encoding'],
  ])('a body that says %s and is none: status %i', async (encoding, code, reason) => {
    const { settings, grpcPort } = await startReceiver();
    expect(await exportRaw(grpcPort, encoding, Buffer.from('not compressed'))).toBe(String(code));
    expect(settings.meter.value(`tailrace_receiver_refused_requests{reason="${reason}",receiver="otlp",transport="grpc"}`)).toBe(1);
  });

  test('a signal that no pipeline takes: UNIMPLEMENTED', async () => {
    const { sink, grpcPort } = await startReceiver();
    const { grpcPort: tracesOnly } = await startReceiver({ next: { traces: sink } });
    expect(errorOf(await exportOverGrpc(grpcClient(tracesOnly), 'logs', REQUESTS.logs.bytes)).code).toBe(status.UNIMPLEMENTED);
    expect(await exportOverGrpc(grpcClient(grpcPort), 'logs', REQUESTS.logs.bytes)).toHaveProperty('response');
  });
});

describe('what the pipeline refuses', () => {
  test.each([
    [new ConsumeError('overloaded', 'full', { retryAfterMs: 2500 }), status.RESOURCE_EXHAUSTED, 2500],
    [new ConsumeError('overloaded', 'full'), status.RESOURCE_EXHAUSTED, 1000],
    [new ConsumeError('unavailable', 'stopping', { retryAfterMs: 100 }), status.UNAVAILABLE, 100],
    [new ConsumeError('unavailable', 'stopping'), status.UNAVAILABLE, undefined],
    [new ConsumeError('rejected', 'never'), status.FAILED_PRECONDITION, undefined],
    [new ConsumeError('too_large', 'too much'), status.RESOURCE_EXHAUSTED, undefined],
  ] as const)('%o becomes status %i with RetryInfo %s', async (consumeError, code, retryDelayMs) => {
    const { settings, grpcPort } = await startReceiver({ next: { traces: new FailingConsumer(consumeError) } });
    const error = errorOf(await exportOverGrpc(grpcClient(grpcPort), 'traces', REQUESTS.traces.bytes));
    expect(error).toMatchObject({ code, details: consumeError.message });
    const [details] = error.metadata.get('grpc-status-details-bin');
    expect(decodeRpcStatus(details as Buffer)).toEqual({ code, message: consumeError.message, retryDelayMs });
    expect(settings.meter.value(`otelcol_receiver_refused_spans${LABELS}`)).toBe(2);
    expect(settings.meter.value(`otelcol_receiver_accepted_spans${LABELS}`)).toBe(0);
    const reason = `{data_type="traces",reason="${consumeError.code}",receiver="otlp",transport="grpc"}`;
    expect(settings.meter.value(`tailrace_receiver_refused_items${reason}`)).toBe(2);
  });

  test('a defect is INTERNAL and counts as failed', async () => {
    const next = { consume: () => { throw new TypeError('undefined is no span'); } }; // prettier-ignore
    const { settings, grpcPort } = await startReceiver({ next: { traces: next } });
    const error = errorOf(await exportOverGrpc(grpcClient(grpcPort), 'traces', REQUESTS.traces.bytes));
    expect(error).toMatchObject({ code: status.INTERNAL, details: 'undefined is no span' });
    expect(settings.meter.value(`otelcol_receiver_failed_spans${LABELS}`)).toBe(2);
    expect(settings.meter.value(`otelcol_receiver_refused_spans${LABELS}`)).toBe(0);
    expect(settings.meter.value('otelcol_receiver_requests{outcome="failure",receiver="otlp",transport="grpc"}')).toBe(1);
  });
});

test('the connection stays open from one request to the next', async () => {
  const { grpcPort } = await startReceiver();
  const client = grpcClient(grpcPort);
  await exportOverGrpc(client, 'traces', REQUESTS.traces.bytes);
  expect(client.getChannel().getConnectivityState(false)).toBe(connectivityState.READY);
});

/** One call on bare HTTP/2, for bodies that no gRPC client would send; gives grpc-status. */
function exportRaw(port: number, encoding: string, body: Buffer): Promise<string | undefined> {
  const session = connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      'content-type': 'application/grpc',
      'grpc-encoding': encoding,
      te: 'trailers',
    });
    const take = (headers: IncomingHttpHeaders) => {
      if (headers['grpc-status'] !== undefined) resolve(headers['grpc-status'] as string);
    };
    stream.on('response', take).on('trailers', take).on('error', reject).resume();
    const prefix = Buffer.alloc(5, 1);
    prefix.writeUInt32BE(body.length, 1);
    stream.end(Buffer.concat([prefix, body]));
  });
}
