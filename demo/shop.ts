import type { Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, Span, TextMapGetter, Tracer } from '@opentelemetry/api';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, defaultTextMapSetter, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { SpanLedger } from './span-ledger.ts';

/**
 * A small shop: four services, each a real HTTP server with the OpenTelemetry SDK of its own, that call each other with
 * the trace's context in the `traceparent` header.
 *
 * ```
 *  customer ──► frontend ──► catalog
 *                   └──────► checkout ──► payment
 * ```
 */
export class Shop {
  readonly #services: readonly Service[];
  readonly #entrance: string;

  private constructor(services: readonly Service[], entrance: string) {
    this.#services = services;
    this.#entrance = entrance;
  }

  /** Opens all four services; their spans go to the OTLP/gRPC endpoint `collector` and, for comparison, into `ledger`. */
  static async open(collector: string, ledger: SpanLedger): Promise<Shop> {
    const payment = await Service.start('payment', collector, ledger, async ({ order, span, work }) => {
      await work('reserve amount', 4);
      if (order !== 'declined') return work('capture amount', 6);
      span.recordException(new Error('card declined by the issuer'));
      throw new Error('card declined');
    });
    const catalog = await Service.start('catalog', collector, ledger, async ({ order, work }) => {
      await work('SELECT product', order === 'slow' ? SLOW_QUERY_MS : 3);
      await work('render prices', 2);
    });
    const checkout = await Service.start('checkout', collector, ledger, async ({ call, work }) => {
      await work('validate basket', 2);
      await call(payment, '/charge');
      await work('INSERT order', 3);
    });
    const frontend = await Service.start('frontend', collector, ledger, async ({ call }) => {
      await Promise.all([call(catalog, '/products'), call(catalog, '/recommendations')]);
      await call(checkout, '/orders');
    });
    return new Shop([frontend, checkout, payment, catalog], frontend.url);
  }

  /** One customer's order. A declined one is answered with an error; that is no failure of the demo. */
  async order(kind: OrderKind): Promise<void> {
    const response = await fetch(`${this.#entrance}/buy?order=${kind}`, { method: 'POST' });
    await response.arrayBuffer();
  }

  /** Closes the doors and sends what spans are left. */
  async close(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.stop()));
  }
}

export type OrderKind = 'plain' | 'declined' | 'slow';

/** Longer than the demo's latency policy allows for a whole trace. */
const SLOW_QUERY_MS = 1300;

/** What a service's own code gets to answer one request with. */
interface Handling {
  readonly order: OrderKind;
  /** The request's server span. */
  readonly span: Span;
  /** Takes about `ms`, as an internal span. */
  readonly work: (name: string, ms: number) => Promise<void>;
  /** Calls another service over HTTP, as a client span; throws when that answers with an error. */
  readonly call: (service: Service, path: string) => Promise<void>;
}

type Handler = (handling: Handling) => Promise<void>;

const propagator = new W3CTraceContextPropagator();
const headerGetter: TextMapGetter<NodeJS.Dict<string | string[]>> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, key) => headers[key],
};

class Service {
  readonly url: string;
  readonly #server: Server;
  readonly #provider: TracerProvider;

  private constructor(server: Server, provider: TracerProvider) {
    this.#server = server;
    this.#provider = provider;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(name: string, collector: string, ledger: SpanLedger, handler: Handler): Promise<Service> {
    const exporter = new OTLPTraceExporter({ url: `http://${collector}` });
    const provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': name, 'service.namespace': 'shop', 'service.version': '1.0.0' }),
      spanProcessors: [ledger, new BatchSpanProcessor({ exporter, scheduledDelayMillis: 200 })],
    });
    const tracer = provider.getTracer('shop', '1.0.0');
    const server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://shop');
      const parent = propagator.extract(ROOT_CONTEXT, request.headers, headerGetter);
      void serve(tracer, parent, `${request.method} ${pathname}`, searchParams.get('order') as OrderKind, handler, response);
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return new Service(server, provider);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#provider.shutdown();
  }
}

async function serve(tracer: Tracer, parent: Context, name: string, order: OrderKind, handler: Handler, response: ServerResponse): Promise<void> {
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes: { 'shop.order': order } }, parent);
  const context = trace.setSpan(parent, span);
  let statusCode = 200;
  try {
    await handler({
      order,
      span,
      work: (work, ms) => traced(tracer, work, SpanKind.INTERNAL, context, () => sleep(ms)),
      call: (service, path) =>
        traced(tracer, `POST ${path}`, SpanKind.CLIENT, context, (inner) => callOver(service, path, order, inner)),
    });
  } catch (error) {
    statusCode = 500;
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
  }
  span.setAttribute('http.response.status_code', statusCode);
  span.end();
  response.writeHead(statusCode).end();
}

async function traced(
  tracer: Tracer,
  name: string,
  kind: SpanKind,
  parent: Context,
  run: (context: Context) => Promise<unknown>,
): Promise<void> {
  const span = tracer.startSpan(name, { kind }, parent);
  try {
    await run(trace.setSpan(parent, span));
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
    throw error;
  } finally {
    span.end();
  }
}

async function callOver(service: Service, path: string, order: OrderKind, context: Context): Promise<void> {
  const headers: Record<string, string> = {};
  propagator.inject(context, headers, defaultTextMapSetter);
  const response = await fetch(`${service.url}${path}?order=${order}`, { method: 'POST', headers });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
}
