import type { Random } from './random.ts';

/** Spans of a trace by service: 10 in all, from 3 services, each of which sends its own requests. */
export const SERVICES = [
  { name: 'checkout', spans: 4, spanName: 'GET /api/cart/{id}' },
  { name: 'payment', spans: 3, spanName: 'POST /api/payment' },
  { name: 'inventory', spans: 3, spanName: 'SELECT stock.items' },
] as const;

/** One trace in so many has an error; one in so many is slower than the latency policy's 1 s. */
const ERROR_EVERY = 50;
const SLOW_EVERY = 50;

const START_NS = 1_790_000_000_000_000_000n;

export interface SpanPlace {
  /** Number of the trace among all templates. */
  readonly trace: number;
  /** Index into SERVICES. */
  readonly service: number;
  /** Which of the service's spans of this trace. */
  readonly index: number;
}

/** A span as protobufjs takes it: 8 attributes, some 370 bytes; `padding` adds an attribute of so many, below 0 it takes four away. */
export function templateSpan({ trace, service, index }: SpanPlace, random: Random, padding = 0): object {
  const isRoot = service === 0 && index === 0;
  const isError = trace % ERROR_EVERY === 7 && service === 1 && index === 0;
  const isSlow = trace % SLOW_EVERY === 23 && isRoot;
  const startNs = START_NS + BigInt(random.below(20_000_000));
  const durationNs = isSlow ? 1_500_000_000n : BigInt(1_000_000 + random.below(180_000_000));
  return {
    traceId: random.bytes(16),
    spanId: random.bytes(8),
    ...(isRoot ? {} : { parentSpanId: random.bytes(8) }),
    name: SERVICES[service]?.spanName,
    kind: 2 + (index % 2),
    startTimeUnixNano: startNs.toString(),
    endTimeUnixNano: (startNs + durationNs).toString(),
    attributes: [
      text('http.request.method', 'GET'),
      whole('http.response.status_code', isError ? 500 : 200),
      text('network.protocol.version', '1.1'),
      whole('thread.id', random.below(64)),
      ...(padding < 0 ? [] : long(random)),
      ...(padding > 0 ? [text('db.query.text', 'x'.repeat(padding))] : []),
    ],
    ...(isError ? { status: { code: 2, message: 'upstream failed' } } : {}),
    flags: 257,
  };
}

/** The four attributes that make up most of a span. */
function long(random: Random): object[] {
  const customer = String(random.below(1e9)).padStart(9, '0');
  const cart = String(random.below(1e6)).padStart(6, '0');
  return [
    text('url.path', `/api/v2/customers/${customer}/carts/${cart}`),
    text('server.address', 'cart.shop-production.svc.eu1.cluster.local'),
    whole('server.port', 8080),
    text('user.id', random.bytes(8).toString('hex')),
  ];
}

/** What a service's spans come in. */
export function templateResource(service: number): object {
  return {
    attributes: [
      text('service.name', SERVICES[service]?.name ?? ''),
      text('service.version', '1.14.2'),
      text('host.name', 'node-7.cluster.local'),
    ],
  };
}

export const TEMPLATE_SCOPE = { name: '@opentelemetry/instrumentation-http', version: '0.57.1' };

function text(key: string, value: string): object {
  return { key, value: { stringValue: value } };
}

function whole(key: string, value: number): object {
  return { key, value: { intValue: value } };
}
