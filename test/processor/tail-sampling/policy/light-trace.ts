import type { Bits56 } from '../../../../src/processor/tail-sampling/policy/bits56.ts';
import { NO_SPAN, type Trace, type TraceBatch } from '../../../../src/processor/tail-sampling/policy/trace.ts';
import { attributesOf, bytesOf, encodeRequest, type JsonObject } from '../../../support/otlp.ts';
import { delimitedContents, wireFields } from '../../../support/wire-fields.ts';

/** What a trace's root span says, and its resource: the bytes that traces of one kind share. */
export interface RootBytes {
  readonly span: Uint8Array;
  /** A ResourceSpans message. */
  readonly resource: Uint8Array;
}

export interface RootFields {
  readonly service?: string;
  readonly name?: string;
  /** Span.SpanKind by number. */
  readonly kind?: number;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  readonly resource?: Readonly<Record<string, string | number | boolean>>;
}

export function rootBytes({ service, name = '', kind = 0, attributes = {}, resource = {} }: RootFields): RootBytes {
  const ofResource = { ...(service === undefined ? {} : { 'service.name': service }), ...resource };
  const span: JsonObject = { traceId: bytesOf('01'.repeat(16)), spanId: bytesOf('01'.repeat(8)), name, kind, attributes: attributesOf(attributes) };
  const request = encodeRequest('traces', { resourceSpans: [{ resource: { attributes: attributesOf(ofResource) }, scopeSpans: [{ spans: [span] }] }] });
  const resourceSpans = delimitedContents(wireFields(request), 1)[0]!;
  const scopeSpans = delimitedContents(wireFields(resourceSpans), 2)[0]!;
  return { resource: resourceSpans, span: delimitedContents(wireFields(scopeSpans), 2)[0]! };
}

/**
 * A trace of which only that is there which policies by chance look at: a million of them are made in a second. Its spans
 * are numbered from 0; `rootAt` is the root.
 */
export class LightTrace implements Trace {
  readonly serial: number;
  readonly nowMs: number;
  readonly spanCount: number;
  readonly randomness: Bits56;
  readonly root: RootBytes;
  readonly hasError: boolean;
  readonly rootAt: number;
  readonly carriesSampling = false;
  /** The span whose bytes were read last, and how often any were. */
  lastRead = NO_SPAN;
  reads = 0;

  constructor(fields: Pick<LightTrace, 'serial' | 'nowMs' | 'spanCount' | 'randomness' | 'root'> & { readonly hasError?: boolean; readonly rootAt?: number }) {
    this.serial = fields.serial;
    this.nowMs = fields.nowMs;
    this.spanCount = fields.spanCount;
    this.randomness = fields.randomness;
    this.root = fields.root;
    this.hasError = fields.hasError ?? false;
    this.rootAt = fields.rootAt ?? 0;
  }

  copyId(out: Uint8Array): void {
    out.fill(1, 0, 16);
  }

  hasStatusCode(code: number): boolean {
    return this.hasError && code === 2;
  }

  durationMs(): number {
    return 10;
  }

  durationNs(): number {
    return 10_000_000;
  }

  wireSize(): number {
    return this.spanCount * 100;
  }

  firstSpan(): number {
    return this.spanCount === 0 ? NO_SPAN : 0;
  }

  nextSpan(span: number): number {
    return span + 1 < this.spanCount ? span + 1 : NO_SPAN;
  }

  isRoot(span: number): boolean {
    return span === this.rootAt;
  }

  spanBytes(span: number): Uint8Array {
    this.lastRead = span;
    this.reads++;
    return this.root.span;
  }

  spanStart(): number {
    return 0;
  }

  spanEnd(): number {
    return this.root.span.length;
  }

  resource(): number {
    return 0;
  }

  scope(): number {
    return 0;
  }

  scopeBytes(): Uint8Array {
    return new Uint8Array(0);
  }

  scopeStart(): number {
    return 0;
  }

  scopeEnd(): number {
    return 0;
  }

  resourceBytes(): Uint8Array {
    return this.root.resource;
  }

  resourceStart(): number {
    return 0;
  }

  resourceEnd(): number {
    return this.root.resource.length;
  }
}

export class LightBatch implements TraceBatch {
  readonly traces: readonly LightTrace[];
  readonly nowMs: number;

  constructor(traces: readonly LightTrace[], nowMs: number) {
    this.traces = traces;
    this.nowMs = nowMs;
  }

  get size(): number {
    return this.traces.length;
  }

  trace(index: number): LightTrace {
    return this.traces[index]!;
  }
}
