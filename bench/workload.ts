import { requestType } from '../src/pdata/json/message-types.ts';
import { scanTraces } from '../src/pdata/otlp/scan-traces.ts';
import { SpanScan } from '../src/pdata/otlp/span-scan.ts';
import { Random } from './random.ts';
import { SERVICES, TEMPLATE_SCOPE, templateResource, templateSpan, type SpanPlace } from './template-spans.ts';

export const SPANS_PER_TRACE = 10;

/** Traces in all templates together at least, so that the shares of errors and slow ones come out. */
const MIN_TRACES = 100;

export interface WorkloadOptions {
  readonly spansPerRequest: number;
  readonly seed: number;
  /** More bytes for each span. */
  readonly padding?: number;
}

/** One request made ready, and where in it which trace's id has to be stamped. */
export interface Template {
  readonly bytes: Uint8Array;
  readonly traceIdAt: Uint32Array;
  /** Which trace of the round each span belongs to. */
  readonly traceIndex: Uint32Array;
}

/**
 * Traces of 10 spans, 8 attributes each, as requests of one size. A round has as many traces as a request has spans: 10
 * requests, in which each service's spans stand trace by trace.
 *
 * Bytes are made once. Each time a round is sent, its traces get fresh random ids, which is all that is written then: a
 * load generator that encodes would be slower than what it measures.
 */
export class Workload {
  readonly spansPerRequest: number;
  readonly rounds: readonly (readonly Template[])[];
  readonly #random: Random;

  constructor({ spansPerRequest, seed, padding = 0 }: WorkloadOptions) {
    this.spansPerRequest = spansPerRequest;
    this.#random = new Random(seed);
    const rounds = Math.max(1, Math.ceil(MIN_TRACES / spansPerRequest));
    this.rounds = Array.from({ length: rounds }, (_, round) => makeRound(spansPerRequest, round, padding, this.#random));
  }

  /** Average wire bytes of a span, its part of the request around it included. */
  get bytesPerSpan(): number {
    const templates = this.rounds.flat();
    return templates.reduce((sum, { bytes }) => sum + bytes.length, 0) / (templates.length * this.spansPerRequest);
  }

  /** Fresh ids for the traces of one round, 16 bytes each. */
  newIds(): Uint8Array {
    const words = new Uint32Array(4 * this.spansPerRequest);
    this.#random.fill(words);
    return new Uint8Array(words.buffer);
  }
}

/** Writes the ids of its traces into a copy of a template; `at` is `template.traceIdAt`, or those moved by whoever framed it. */
export function stamp(copy: Uint8Array, at: Uint32Array, traceIndex: Uint32Array, ids: Uint8Array): void {
  for (let span = 0; span < at.length; span++) {
    const to = at[span]!;
    const from = 16 * traceIndex[span]!;
    for (let i = 0; i < 16; i++) copy[to + i] = ids[from + i]!;
  }
}

function makeRound(traces: number, round: number, padding: number, random: Random): Template[] {
  return SERVICES.flatMap((service, serviceIndex) => {
    const places = Array.from({ length: traces * service.spans }, (_, i): SpanPlace => ({
      trace: round * traces + Math.floor(i / service.spans),
      service: serviceIndex,
      index: i % service.spans,
    }));
    const templates: Template[] = [];
    for (let from = 0; from < places.length; from += traces) {
      const inRequest = places.slice(from, from + traces);
      templates.push(makeTemplate(serviceIndex, inRequest, round * traces, padding, random));
    }
    return templates;
  });
}

function makeTemplate(service: number, places: readonly SpanPlace[], firstTrace: number, padding: number, random: Random): Template {
  const type = requestType('traces');
  const spans = places.map((place) => templateSpan(place, random, padding));
  const scopeSpans = [{ scope: TEMPLATE_SCOPE, spans }];
  const bytes = type.encode(type.fromObject({ resourceSpans: [{ resource: templateResource(service), scopeSpans }] })).finish();
  const scan = new SpanScan();
  scanTraces(bytes, scan);
  return {
    bytes: Buffer.from(bytes),
    traceIdAt: scan.traceIdAt.slice(0, scan.spanCount),
    traceIndex: Uint32Array.from(places, ({ trace }) => trace - firstTrace),
  };
}
