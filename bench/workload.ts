import { requestType } from '../src/pdata/json/message-types.ts';
import { scanTraces } from '../src/pdata/otlp/scan-traces.ts';
import { SpanScan } from '../src/pdata/otlp/span-scan.ts';
import { Random } from './random.ts';

/** Spans of a trace by service: 10 in all, from 3 services, each of which sends its own requests. */
const SERVICES = [
  { name: 'checkout', spans: 4 },
  { name: 'payment', spans: 3 },
  { name: 'inventory', spans: 3 },
] as const;
export const SPANS_PER_TRACE = 10;

/** Shares of traces with an error, and slower than the latency policy's 1 s. */
const ERROR_SHARE = 0.02;
const SLOW_SHARE = 0.02;

/** Traces in a set of templates at least, so that the shares come out. */
const MIN_TRACES = 100;

export interface WorkloadOptions {
  readonly spansPerRequest: number;
  readonly seed: number;
}

/** One request made ready, and where in it ids have to be stamped. */
interface Template {
  readonly bytes: Uint8Array;
  readonly traceIdAt: readonly number[];
  readonly traceIndex: readonly number[];
}

/**
 * Traces of 10 spans, some 380 bytes and 8 attributes each, as requests of one size. A round has as many traces as a
 * request has spans: 10 requests, in which each service's spans stand trace by trace. Bytes are made once; each round gets
 * fresh random trace ids stamped in.
 */
export class Workload {
  readonly spansPerRequest: number;
  readonly #rounds: readonly (readonly Template[])[];
  readonly #random: Random;
  #round = 0;

  constructor({ spansPerRequest, seed }: WorkloadOptions) {
    this.spansPerRequest = spansPerRequest;
    this.#random = new Random(seed);
    const rounds = Math.max(1, Math.ceil(MIN_TRACES / spansPerRequest));
    this.#rounds = Array.from({ length: rounds }, (_, round) => makeRound(spansPerRequest, round, this.#random));
  }

  /** Average wire bytes of a span, its part of the request around it included. */
  get bytesPerSpan(): number {
    const templates = this.#rounds.flat();
    return templates.reduce((sum, { bytes }) => sum + bytes.length, 0) / (templates.length * this.spansPerRequest);
  }

  /** The requests of the next round, freshly stamped copies. */
  nextRound(): Uint8Array[] {
    const templates = this.#rounds[this.#round++ % this.#rounds.length]!;
    const ids = this.#random.bytes(16 * this.spansPerRequest);
    return templates.map((template) => {
      const bytes = Buffer.from(template.bytes);
      template.traceIdAt.forEach((at, span) => {
        const id = 16 * template.traceIndex[span]!;
        bytes.set(ids.subarray(id, id + 16), at);
      });
      return bytes;
    });
  }
}

function makeRound(traces: number, round: number, random: Random): Template[] {
  return SERVICES.flatMap((service, serviceIndex) => {
    const spans = Array.from({ length: traces * service.spans }, (_, i) => {
      const trace = Math.floor(i / service.spans);
      return { trace, span: makeSpan(round * traces + trace, serviceIndex, i % service.spans, random) };
    });
    const templates: Template[] = [];
    for (let from = 0; from < spans.length; from += traces) templates.push(makeTemplate(service.name, spans.slice(from, from + traces)));
    return templates;
  });
}

function makeTemplate(service: string, spans: readonly { readonly trace: number; readonly span: object }[]): Template {
  const type = requestType('traces');
  const resource = { attributes: [text('service.name', service), text('service.version', '1.14.2'), text('host.name', 'node-7.cluster.local')] };
  const scope = { name: '@opentelemetry/instrumentation-http', version: '0.57.1' };
  const message = type.fromObject({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans: spans.map(({ span }) => span) }] }] });
  const bytes = type.encode(message).finish();
  const scan = new SpanScan();
  scanTraces(bytes, scan);
  return {
    bytes,
    traceIdAt: spans.map((_, row) => scan.traceIdAt[row]!),
    traceIndex: spans.map(({ trace }) => trace),
  };
}

function makeSpan(trace: number, service: number, index: number, random: Random): object {
  const isRoot = service === 0 && index === 0;
  const isError = trace % (1 / ERROR_SHARE) === 7 && service === 1 && index === 0;
  const isSlow = trace % (1 / SLOW_SHARE) === 23 && isRoot;
  const startNs = 1_790_000_000_000_000_000n + BigInt(random.below(20_000_000));
  const durationNs = isSlow ? 1_500_000_000n : BigInt(1_000_000 + random.below(180_000_000));
  return {
    traceId: random.bytes(16),
    spanId: random.bytes(8),
    ...(isRoot ? {} : { parentSpanId: random.bytes(8) }),
    name: ['GET /api/cart/{id}', 'POST /api/payment', 'SELECT stock.items'][service],
    kind: 2 + (index % 2),
    startTimeUnixNano: startNs.toString(),
    endTimeUnixNano: (startNs + durationNs).toString(),
    attributes: [
      text('http.request.method', 'GET'),
      text('url.path', `/api/cart/${String(random.below(1_000_000)).padStart(6, '0')}`),
      text('server.address', 'cart.shop.svc.cluster.local'),
      number('server.port', 8080),
      number('http.response.status_code', isError ? 500 : 200),
      text('user.id', random.bytes(8).toString('hex')),
      text('network.protocol.version', '1.1'),
      number('thread.id', random.below(64)),
    ],
    ...(isError ? { status: { code: 2, message: 'upstream failed' } } : {}),
    flags: 257,
  };
}

function text(key: string, value: string): object {
  return { key, value: { stringValue: value } };
}

function number(key: string, value: number): object {
  return { key, value: { intValue: value } };
}
