import protobuf from 'protobufjs';

/**
 * A span as it stands in a request, to compare what went in with what came out: its exact bytes, and those of what it
 * belongs to. Read by protobufjs with a definition that stops above the span, so that nothing of ours takes part.
 */
export interface RawSpan {
  /** Hex. */
  readonly traceId: string;
  readonly spanId: string;
  /** Hex of the Span message's bytes. */
  readonly span: string;
  /** Hex of resource, resource schema URL, scope and scope schema URL, as one text. */
  readonly origin: string;
}

const definition = protobuf.parse(`
  syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { bytes resource = 1; repeated ScopeSpans scope_spans = 2; string schema_url = 3; }
  message ScopeSpans { bytes scope = 1; repeated bytes spans = 2; string schema_url = 3; }
  message Span { bytes trace_id = 1; bytes span_id = 2; }
`).root;
const requestType = definition.lookupType('Request');
const spanType = definition.lookupType('Span');

interface RawRequest {
  readonly resourceSpans: readonly {
    readonly resource: Uint8Array;
    readonly schemaUrl: string;
    readonly scopeSpans: readonly { readonly scope: Uint8Array; readonly schemaUrl: string; readonly spans: readonly Uint8Array[] }[];
  }[];
}

/** All spans of an ExportTraceServiceRequest, in order. */
export function rawSpansOf(bytes: Uint8Array): readonly RawSpan[] {
  const request = requestType.decode(bytes) as unknown as RawRequest;
  return request.resourceSpans.flatMap(({ resource, schemaUrl, scopeSpans }) =>
    scopeSpans.flatMap((scopeSpan) => {
      const origin = [hex(resource), schemaUrl, hex(scopeSpan.scope), scopeSpan.schemaUrl].join('|');
      return scopeSpan.spans.map((span) => {
        const { traceId, spanId } = spanType.decode(span) as unknown as { traceId: Uint8Array; spanId: Uint8Array };
        return { traceId: hex(traceId), spanId: hex(spanId), span: hex(span), origin };
      });
    }),
  );
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
