import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { accountOf } from '../support/account.ts';
import type { OfflinePolicy } from '../support/offline-policies.ts';
import { and, latency, probabilistic, stringAttribute, tracesOfRequests } from '../support/offline-policies.ts';
import { OtlpSender } from '../support/otlp-sender.ts';
import { TailraceProcess } from '../support/process.ts';
import { recordings } from '../support/project.ts';
import { seededRandom, shuffled } from '../support/random.ts';
import type { RawSpan } from '../support/raw-spans.ts';
import { rawSpansOf } from '../support/raw-spans.ts';
import { loadRecording } from '../support/recording.ts';
import { OtlpSink } from '../support/sink.ts';
import { testConfig } from '../support/tailrace-config.ts';
import { until } from '../support/until.ts';

/** The policies as the configuration has them, and the same offline; the wait is longer than a slow machine takes to send. */
const TAIL_SAMPLING = `
    decision_wait: 8s
    policies:
      - {name: slow, type: latency, latency: {threshold_ms: 500}}
      - {name: some-methods, type: string_attribute, string_attribute: {key: rpc.method, values: [PlaceOrder, Charge]}}
      - {name: some-services, type: string_attribute, string_attribute: {key: service.name, values: [ts-cancel-service, ts-preserve-service]}}
      - {name: some, type: probabilistic, probabilistic: {hash_salt: salt, sampling_percentage: 10}}
      - name: both
        type: and
        and:
          and_sub_policy:
            - {name: fairly-slow, type: latency, latency: {threshold_ms: 200}}
            - {name: half, type: probabilistic, probabilistic: {hash_salt: other, sampling_percentage: 50}}
`;
const OFFLINE: readonly OfflinePolicy[] = [
  latency(500),
  stringAttribute('rpc.method', ['PlaceOrder', 'Charge']),
  stringAttribute('service.name', ['ts-cancel-service', 'ts-preserve-service']),
  probabilistic('salt', 10),
  and(latency(200), probabilistic('other', 50)),
];

/** More recordings of the same kind, where a folder with them is at hand. */
function moreRecordings(): readonly string[] {
  const folder = process.env['TAILRACE_REAL_TRACES'];
  if (folder === undefined || !existsSync(folder)) return [];
  const ours = new Set(Object.values(recordings).map((path) => basename(path)));
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl.gz') && !ours.has(name))
    .map((name) => join(folder, name));
}

const running: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of running.splice(0).reverse()) await end();
});

/** Sends every request, some at a time, so that they overtake each other as those of many clients do. */
async function sendAll(sender: OtlpSender, requests: readonly Uint8Array[], concurrency: number): Promise<void> {
  const waiting = [...requests];
  const worker = async (): Promise<void> => {
    for (let request = waiting.shift(); request !== undefined; request = waiting.shift()) await sender.send('traces', request);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

function byTrace(spans: readonly RawSpan[]): Map<string, RawSpan[]> {
  const traces = new Map<string, RawSpan[]>();
  for (const span of spans) traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span]);
  return traces;
}

function bySpanId(spans: readonly RawSpan[]): readonly RawSpan[] {
  return spans.toSorted((a, b) => (a.spanId < b.spanId ? -1 : 1));
}

describe('a real recording through the whole process', () => {
  test.each([...Object.values(recordings), ...moreRecordings()].map((path) => [basename(path), path]))('%s', async (_name, path) => {
    const recording = loadRecording(path);
    const sink = await OtlpSink.start();
    running.push(() => sink.stop());
    const tailrace = await TailraceProcess.start(testConfig({ tailSampling: TAIL_SAMPLING, backend: sink.endpoint }));
    running.push(() => tailrace.kill());
    const sender = new OtlpSender(tailrace.address('receivers.otlp.grpc'));
    running.push(() => sender.close());

    await sendAll(sender, shuffled(recording.requests, seededRandom(3)), 4);
    const metrics = await until('every trace to be decided and sent', async () => {
      const scrape = await tailrace.scrape();
      const { accepted, buffered, queued } = accountOf(scrape);
      return accepted === recording.spanCount && buffered === 0 && queued === 0 && scrape;
    });

    const sent = byTrace(recording.requests.flatMap(rawSpansOf));
    const received = byTrace(sink.bytesOf('traces').flatMap(rawSpansOf));
    const expected = tracesOfRequests(recording.requests).filter((trace) => OFFLINE.some((policy) => policy(trace)));
    expect([...received.keys()].sort()).toEqual(expected.map(({ traceId }) => traceId).sort());
    expect(received.size).toBeGreaterThan(0);
    expect(received.size).toBeLessThan(sent.size);
    for (const [traceId, spans] of received) {
      expect(bySpanId(spans), `trace ${traceId}`).toEqual(bySpanId(sent.get(traceId) ?? []));
    }

    const account = accountOf(metrics);
    expect(account).toMatchObject({ accepted: recording.spanCount, failed: 0, buffered: 0, queued: 0, difference: 0 });
    expect(account.sent).toBe([...received.values()].flat().length);
  });
});
