import type { Metadata } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { OtlpSender } from '../support/otlp-sender.ts';
import type { PeerCase } from '../support/peer-decisions.ts';
import { loadPeerCases } from '../support/peer-decisions.ts';
import { TailraceProcess } from '../support/process.ts';
import type { RawSpan } from '../support/raw-spans.ts';
import { rawSpansOf } from '../support/raw-spans.ts';
import { OtlpSink } from '../support/sink.ts';
import { until } from '../support/until.ts';

/** Each case is a pipeline with a port of its own; so many of them share a process. */
const CASES_PER_PROCESS = 100;
const CONCURRENT_CASES = 8;

/** The Collector had a second; a slow machine takes longer to send all requests of a phase, and decisions are not about that. */
const DECISION_WAIT = '4s';

/** Says at the sink which case a request belongs to. */
const CASE_HEADER = 'case';

const running: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of running.splice(0).reverse()) await end();
});

function configOf(cases: readonly PeerCase[], backend: string): string {
  const section = (element: (peerCase: PeerCase, index: number) => string): string =>
    cases.map((peerCase, index) => `  ${element(peerCase, index)}\n`).join('');
  const tailSampling = ({ policies, options }: PeerCase): string => {
    const common = { decision_wait: DECISION_WAIT, num_traces: 100_000, decision_cache: { sampled_cache_size: 10_000, non_sampled_cache_size: 10_000 } };
    return `{"policies": ${policies}, ${JSON.stringify({ ...common, ...options }).slice(1)}`;
  };
  return `
receivers:
${section((_, i) => `otlp/${i}: {protocols: {grpc: {endpoint: '127.0.0.1:0'}}}`)}
processors:
${section((peerCase, i) => `tail_sampling/${i}: ${tailSampling(peerCase)}`)}
exporters:
${section((_, i) => `otlp/${i}: {endpoint: '${backend}', tls: {insecure: true}, compression: none, headers: {${CASE_HEADER}: '${i}'}}`)}
service:
  pipelines:
${section((_, i) => `  traces/${i}: {receivers: [otlp/${i}], processors: [tail_sampling/${i}], exporters: [otlp/${i}]}`)}
  telemetry:
    logs: {encoding: json}
    metrics:
      readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0}}}}]
`;
}

/** Runs the cases side by side through one process, phase by phase; gives what came out of each. */
async function run(cases: readonly PeerCase[]): Promise<readonly (readonly RawSpan[])[]> {
  const sink = await OtlpSink.start();
  running.push(() => sink.stop());
  const tailrace = await TailraceProcess.start(configOf(cases, sink.endpoint));
  running.push(() => tailrace.kill());
  const senders = cases.map((_, index) => new OtlpSender(tailrace.address(`receivers.otlp/${index}.grpc`)));
  running.push(() => senders.forEach((sender) => sender.close()));

  const phases = Math.max(...cases.flatMap(({ requests }) => requests.map(({ phase }) => phase))) + 1;
  for (let phase = 0; phase < phases; phase++) {
    const waiting = [...cases.entries()];
    const sendNext = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [index, { requests }] = next;
        for (const request of requests) if (request.phase === phase) await senders[index]!.send('traces', request.bytes);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENT_CASES }, sendNext));
    await until('all traces to be decided and sent', async () => {
      const metrics = await tailrace.scrape();
      const total = (name: string): number => metrics.total(name);
      return total('tailrace_tail_sampling_window_spans') + total('tailrace_tail_sampling_outbound_spans') + total('tailrace_exporter_queued_items') === 0;
    });
  }
  return cases.map((_, index) => sink.requests.filter(({ metadata }) => caseOf(metadata) === index).flatMap(({ bytes }) => rawSpansOf(bytes)));
}

function caseOf(metadata: Metadata): number {
  return Number(metadata.get(CASE_HEADER)[0]);
}

/** In what the outcome differs from the Collector's, one line each. */
function disagreements(peerCase: PeerCase, output: readonly RawSpan[]): readonly string[] {
  const sent = byTrace(peerCase.requests.flatMap(({ bytes }) => rawSpansOf(bytes)));
  const received = byTrace(output);
  const found: string[] = [];
  const forwardedByGroup = new Map(Object.keys(peerCase.counts).map((group) => [group, 0]));
  for (const { id, wanted } of peerCase.traces) {
    const spans = received.get(id);
    if (typeof wanted === 'object') {
      if (spans !== undefined) forwardedByGroup.set(wanted.group, (forwardedByGroup.get(wanted.group) ?? 0) + 1);
    } else if ((wanted === 'forwarded') !== (spans !== undefined)) {
      found.push(`${id} is to be ${wanted}`);
    }
    if (spans !== undefined) found.push(...differences(id, sent.get(id) ?? [], spans));
  }
  for (const [group, { Min, Max }] of Object.entries(peerCase.counts)) {
    const forwarded = forwardedByGroup.get(group) ?? 0;
    if (forwarded < Min || forwarded > Max) found.push(`group ${group}: ${forwarded} forwarded, not ${Min} to ${Max}`);
  }
  const known = new Set(peerCase.traces.map(({ id }) => id));
  for (const id of received.keys()) if (!known.has(id)) found.push(`${id} came from nowhere`);
  return found.map((difference) => `${peerCase.name} (${peerCase.type}): ${difference}\n  ${peerCase.policies}`);
}

/** A forwarded trace is whole, each span there once, as it came but for what is stamped on its end. */
function differences(id: string, sent: readonly RawSpan[], received: readonly RawSpan[]): readonly string[] {
  if (sent.length !== received.length) return [`${id} came out with ${received.length} of ${sent.length} spans`];
  const isSame = (a: RawSpan, b: RawSpan): boolean => b.span.startsWith(a.span) && a.origin === b.origin;
  const left = [...received];
  for (const span of sent) {
    const at = left.findIndex((candidate) => isSame(span, candidate));
    if (at < 0) return [`${id} came out with another span ${span.spanId}`];
    left.splice(at, 1);
  }
  return [];
}

function byTrace(spans: readonly RawSpan[]): ReadonlyMap<string, readonly RawSpan[]> {
  const traces = new Map<string, RawSpan[]>();
  for (const span of spans) {
    const trace = traces.get(span.traceId);
    if (trace === undefined) traces.set(span.traceId, [span]);
    else trace.push(span);
  }
  return traces;
}

const cases = loadPeerCases();
const chunks = Array.from({ length: Math.ceil(cases.length / CASES_PER_PROCESS) }, (_, i) => cases.slice(i * CASES_PER_PROCESS, (i + 1) * CASES_PER_PROCESS));

test.each(chunks.map((chunk) => [chunk[0]?.name, chunk.at(-1)?.name, chunk] as const))('cases %s to %s are decided as the Collector decided them', async (_first, _last, chunk) => {
  const outputs = await run(chunk);
  expect(chunk.flatMap((peerCase, index) => disagreements(peerCase, outputs[index] ?? []))).toEqual([]);
});
