import { messageType } from '../../src/pdata/service/message-root.ts';
import { hexOf } from './otlp.ts';
import { delimitedContents, joinedContent, type WireField, wireFields, withoutDelimited } from './wire-fields.ts';

/**
 * What a traces request says, by protobufjs and protobuf's rules: where a singular message stands in several pieces,
 * protobufjs takes the last one and protobuf all of them together, so the pieces are joined before they are decoded.
 */
export interface MergedSpan {
  /** The Span message. */
  readonly bytes: Uint8Array;
  readonly traceId: Uint8Array;
  /** Whether each id in the span has a length that OTLP allows. */
  readonly hasValidSpanIds: boolean;
  readonly parentSpanId: Uint8Array;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly statusCode: number;
  readonly statusMessage: string;
  /** All of it, by protobufjs; of a status in pieces, the last. */
  readonly decoded: Readonly<Record<string, unknown>>;
  readonly attributes: readonly MergedAttribute[];
  readonly resourceAttributes: readonly MergedAttribute[];
  /** All bytes of its ScopeSpans, ResourceSpans, request that are not ScopeSpans, ResourceSpans, spans; hex. */
  readonly scopeRest: string;
  readonly resourceRest: string;
  readonly requestRest: string;
}

/** `number` is the field of AnyValue that is set, 0 for none. */
export interface MergedAttribute {
  readonly key: string;
  readonly number: number;
  /** Text of a string, decimal of an integer, else hex of the content. */
  readonly value: string;
}

const trace = 'opentelemetry.proto.trace.v1';
const common = 'opentelemetry.proto.common.v1';

export function mergedSpans(request: Uint8Array): readonly MergedSpan[] {
  const requestFields = wireFields(request);
  const requestRest = hexOf(withoutDelimited(requestFields, 1));
  return delimitedContents(requestFields, 1).flatMap((resourceSpans) => {
    const resourceFields = wireFields(resourceSpans);
    const resourceRest = hexOf(withoutDelimited(resourceFields, 2));
    const resourceAttributes = delimitedContents(wireFields(joinedContent(resourceFields, 1)), 1).map(attribute);
    return delimitedContents(resourceFields, 2).flatMap((scopeSpans) => {
      const scopeFields = wireFields(scopeSpans);
      const scopeRest = hexOf(withoutDelimited(scopeFields, 2));
      return delimitedContents(scopeFields, 2).map((bytes) => ({ ...mergedSpan(bytes), resourceAttributes, scopeRest, resourceRest, requestRest }));
    });
  });
}

function mergedSpan(bytes: Uint8Array) {
  const fields = wireFields(bytes);
  const span = decode(`${trace}.Span`, bytes);
  const status = decode(`${trace}.Status`, joinedContent(fields, 15));
  return {
    bytes,
    traceId: span['traceId'] as Uint8Array,
    hasValidSpanIds: [...delimitedContents(fields, 2), ...delimitedContents(fields, 4)].every(({ length }) => length === 0 || length === 8),
    parentSpanId: span['parentSpanId'] as Uint8Array,
    startNs: BigInt(span['startTimeUnixNano'] as string),
    endNs: BigInt(span['endTimeUnixNano'] as string),
    statusCode: status['code'] as number,
    statusMessage: status['message'] as string,
    decoded: span,
    attributes: delimitedContents(fields, 9).map(attribute),
  };
}

function attribute(keyValue: Uint8Array): MergedAttribute {
  const { key } = decode(`${common}.KeyValue`, keyValue);
  const value = wireFields(joinedContent(wireFields(keyValue), 2)).findLast(isOneOfAnyValue);
  return { key: key as string, number: value?.number ?? 0, value: valueText(value) };
}

const ANY_VALUE_WIRE_TYPES: Readonly<Record<number, number>> = { 1: 2, 2: 0, 3: 0, 4: 1, 5: 2, 6: 2, 7: 2 };

function isOneOfAnyValue({ number, wireType }: WireField): boolean {
  return ANY_VALUE_WIRE_TYPES[number] === wireType;
}

function valueText(value: WireField | undefined): string {
  if (value === undefined) return '';
  const decoded = decode(`${common}.AnyValue`, value.raw);
  if (value.number === 1) return decoded['stringValue'] as string;
  return value.number === 3 ? (decoded['intValue'] as string) : hexOf(value.content);
}

function decode(name: string, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const type = messageType(name);
  return type.toObject(type.decode(Uint8Array.from(bytes)), { longs: String, defaults: true });
}
