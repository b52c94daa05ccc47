import { requestType } from '../src/pdata/json/message-types.ts';

/** A span as the demo looks at it: ids in hex, an empty `parentSpanId` for a root, times in ms since the epoch. */
export interface DemoSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly service: string;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly isError: boolean;
}

/** Every span of an ExportTraceServiceRequest, fully decoded. */
export function decodeSpans(bytes: Uint8Array): readonly DemoSpan[] {
  const type = requestType('traces');
  const request = type.toObject(type.decode(bytes), { longs: String, defaults: true, arrays: true }) as DecodedTraces;
  return request.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = resource?.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? 'unknown';
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        traceId: Buffer.from(span.traceId).toString('hex'),
        spanId: Buffer.from(span.spanId).toString('hex'),
        parentSpanId: Buffer.from(span.parentSpanId).toString('hex'),
        service,
        name: span.name,
        startMs: nanosToMs(span.startTimeUnixNano),
        endMs: nanosToMs(span.endTimeUnixNano),
        isError: span.status?.code === STATUS_CODE_ERROR,
      })),
    );
  });
}

/** `STATUS_CODE_ERROR` of opentelemetry/proto/trace/v1/trace.proto. */
const STATUS_CODE_ERROR = 2;

/** As protobufjs gives them with `defaults`: absent messages are null. */
interface DecodedTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[] } | null;
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: Uint8Array;
        readonly spanId: Uint8Array;
        readonly parentSpanId: Uint8Array;
        readonly name: string;
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
        readonly status: { readonly code: number } | null;
      }[];
    }[];
  }[];
}

function nanosToMs(nanos: string): number {
  return Number(BigInt(nanos) / 1000n) / 1000;
}
