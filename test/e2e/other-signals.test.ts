import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import type { Signal } from '../../src/pdata/otlp/signal.ts';
import { encodeRequest, logsOf, metricsOf, span, spansOf, tracesOf } from '../support/otlp.ts';
import { OtlpSender } from '../support/otlp-sender.ts';
import { TailraceProcess } from '../support/process.ts';
import { OtlpSink } from '../support/sink.ts';
import { testConfig } from '../support/tailrace-config.ts';
import { until } from '../support/until.ts';

const running: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of running.splice(0).reverse()) await end();
});

async function startWithSink(change: (yaml: string) => string = (yaml) => yaml): Promise<{ sink: OtlpSink; tailrace: TailraceProcess; sender: OtlpSender }> {
  const sink = await OtlpSink.start();
  running.push(() => sink.stop());
  const tailrace = await TailraceProcess.start(change(testConfig({ backend: sink.endpoint })));
  running.push(() => tailrace.kill());
  const sender = new OtlpSender(tailrace.address('receivers.otlp.grpc'));
  running.push(() => sender.close());
  return { sink, tailrace, sender };
}

describe('signals beside traces', () => {
  test.each([
    { signal: 'metrics' as Signal, bytes: encodeRequest('metrics', metricsOf(7)), items: 7, suffix: 'metric_points' },
    { signal: 'logs' as Signal, bytes: encodeRequest('logs', logsOf(11)), items: 11, suffix: 'log_records' },
    { signal: 'traces' as Signal, bytes: encodeRequest('traces', tracesOf([span(), span()])), items: 2, suffix: 'spans' },
  ])('$signal pass through as the bytes they are and are counted', async ({ signal, bytes, items, suffix }) => {
    const { sink, tailrace, sender } = await startWithSink();
    await sender.send(signal, bytes);
    await until('the request at the backend', () => sink.bytesOf(signal).length > 0);
    expect(sink.bytesOf(signal).map((received) => Buffer.from(received).toString('hex'))).toEqual([Buffer.from(bytes).toString('hex')]);
    const metrics = await until('the exporter to count it', async () => {
      const scrape = await tailrace.scrape();
      return scrape.total(`otelcol_exporter_sent_${suffix}_total`) > 0 && scrape;
    });
    expect(metrics.total(`otelcol_receiver_accepted_${suffix}_total`)).toBe(items);
    expect(metrics.total(`otelcol_exporter_sent_${suffix}_total`)).toBe(items);
  });

  test('a signal without a pipeline is unimplemented on gRPC and not found on HTTP', async () => {
    const { tailrace, sender } = await startWithSink((yaml) => yaml.replace(/^ {4}logs: \{receivers.*\n/m, ''));
    await expect(sender.send('logs', encodeRequest('logs', logsOf(1)))).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
    const response = await fetch(`http://${tailrace.address('receivers.otlp.http')}/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: Buffer.from(encodeRequest('logs', logsOf(1))),
    });
    expect(response.status).toBe(404);
  });

  test('OTLP/JSON over HTTP arrives as protobuf over gRPC', async () => {
    const { sink, tailrace } = await startWithSink();
    const [traceId, spanId] = ['5b8efff798038103d269b633813fc60c', 'eee19b7ec3c1b174'];
    const json = { resourceSpans: [{ scopeSpans: [{ spans: [{ traceId, spanId, name: 'from JSON', kind: 2, startTimeUnixNano: '1', endTimeUnixNano: '2' }] }] }] };
    const response = await fetch(`http://${tailrace.address('receivers.otlp.http')}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(json),
    });
    expect(response.status).toBe(200);
    await until('the request at the backend', () => sink.requests.length > 0);
    const [received] = sink.bytesOf('traces').flatMap(spansOf);
    expect(received).toMatchObject({ name: 'from JSON', kind: 2, startTimeUnixNano: '1', endTimeUnixNano: '2' });
    expect(Buffer.from(received?.traceId ?? []).toString('hex')).toBe(traceId);
  });
});
