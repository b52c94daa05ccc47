import { anything, booleanLike, bytesLike, doubleLike, integerLike, textLike } from '../coercion.ts';
import { type Converter, converter, parameter } from '../converter.ts';
import { SPAN } from '../expression.ts';
import { isInt64 } from '../int64.ts';
import { ConditionError } from '../ottl-error.ts';
import { Bytes, Double, Id, Opaque, OttlList, OttlMap, type Value } from '../value.ts';

const target = parameter('target', anything);

/** What a value is, and what it can be taken for. */
export const TYPE_CONVERTERS: Readonly<Record<string, Converter>> = {
  IsString: converter([target], (value) => typeof value === 'string'),
  IsInt: converter([target], isInt64),
  IsDouble: converter([target], (value) => value instanceof Double),
  IsBool: converter([target], (value) => typeof value === 'boolean'),
  IsMap: converter([target], (value) => value instanceof OttlMap),
  IsList: converter([target], (value) => value instanceof OttlList || (value instanceof Opaque && value.length !== undefined)),
  IsRootSpan: {
    parameters: [],
    level: SPAN,
    context: 'span',
    build: () => (context) => hasNoParent(context.span.bytes, context.span.parentSpanIdStart, context.span.parentSpanIdEnd),
  },
  Len: converter([target], lengthOf),
  Int: converter([parameter('target', integerLike)], (value) => value),
  Double: converter([parameter('target', doubleLike)], (value) => value),
  Bool: converter([parameter('target', booleanLike)], (value) => value),
  String: converter([parameter('target', textLike)], (value) => value),
  TraceID: converter([parameter('target', idOf(16))], (value) => value),
  SpanID: converter([parameter('target', idOf(8))], (value) => value),
};

const hasNoLength = new ConditionError('Len takes a text, bytes, a list or a map');

function lengthOf(value: Value): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof Bytes) return value.text.length;
  if (value instanceof OttlList) return value.items.length;
  if (value instanceof OttlMap) return value.entries.length;
  if (value instanceof Opaque && value.length !== undefined) return value.length;
  throw hasNoLength;
}

/** An id of zeros is none. */
function hasNoParent(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}

function idOf(length: number) {
  const wants = `an id: ${length} bytes, or ${length * 2} hex digits as a text`;
  const isNone = new ConditionError(`a function that takes ${wants} got something else`);
  return {
    wants,
    take(value: Value): Id {
      const bytes = bytesLike.take(value);
      if (bytes.length === length) return new Id(bytes);
      if (bytes.length !== 2 * length || !/^[0-9a-fA-F]*$/.test(bytes)) throw isNone;
      return new Id(Buffer.from(bytes, 'hex').toString('latin1'));
    },
  };
}
