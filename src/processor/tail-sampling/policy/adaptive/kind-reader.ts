import { AttributeFinder } from '../../../../pdata/otlp/attribute-finder.ts';
import { ANY_BOOL, ANY_DOUBLE, ANY_INT, ANY_STRING } from '../../../../pdata/otlp/fields.ts';
import { readDouble, readInt64 } from '../../../../pdata/otlp/numbers.ts';
import { SpanReader } from '../../../../pdata/otlp/span-reader.ts';
import { textOf } from '../../../../pdata/otlp/text.ts';
import { NO_SPAN, type Trace } from '../trace.ts';
import type { KindPath } from './kind-path.ts';

/** Between the parts of a kind's name. */
const SEPARATOR = ' | ';

/** A part of the name has no more bytes: nobody makes kinds that take much memory. */
const MAX_PART_BYTES = 128;

/** Span.SpanKind by number. */
const SPAN_KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

type Part = (trace: Trace) => string;

/** Says which kind of traffic a trace is, from its root span, or without one its first, and the resource that came from. */
export class KindReader {
  readonly #parts: readonly Part[];
  readonly #root: SpanReader;
  readonly #resource: AttributeFinder;
  readonly #readsRoot: boolean;
  readonly #readsResource: boolean;
  #resourceBytes: Uint8Array = new Uint8Array(0);

  constructor(paths: readonly KindPath[]) {
    const rootKeys = attributesFrom(paths, 'root');
    const resourceKeys = attributesFrom(paths, 'resource');
    this.#root = new SpanReader(rootKeys);
    this.#resource = new AttributeFinder(resourceKeys);
    this.#readsRoot = paths.some(({ from }) => from === 'root');
    this.#readsResource = resourceKeys.length > 0;
    this.#parts = paths.map((path): Part => {
      if ('attribute' in path) {
        if (path.from === 'root') return this.#attribute(this.#root.attributes, rootKeys.indexOf(path.attribute), () => this.#root.bytes);
        return this.#attribute(this.#resource, resourceKeys.indexOf(path.attribute), () => this.#resourceBytes);
      }
      switch (path.field) {
        case 'name':
          return () => shortText(this.#root.bytes, this.#root.nameStart, this.#root.nameEnd);
        case 'kind':
          return () => SPAN_KINDS[this.#root.kind] ?? String(this.#root.kind);
        case 'span_count':
          return (trace) => String(trace.spanCount);
      }
    });
  }

  /** The name of a trace's kind. Throws WireError where the root's bytes or its resource's are malformed. */
  read(trace: Trace): string {
    const span = rootOf(trace);
    if (span === NO_SPAN) return '';
    if (this.#readsRoot) this.#root.read(trace.spanBytes(span), trace.spanStart(span), trace.spanEnd(span));
    if (this.#readsResource) {
      const resource = trace.resource(span);
      this.#resourceBytes = trace.resourceBytes(resource);
      this.#resource.findInResource(this.#resourceBytes, trace.resourceStart(resource), trace.resourceEnd(resource));
    }
    return this.#parts.map((part) => part(trace)).join(SEPARATOR);
  }

  #attribute(attributes: AttributeFinder, key: number, bytes: () => Uint8Array): Part {
    return () => (attributes.has(key) ? valueText(attributes.kind[key]!, bytes(), attributes.valueStart[key]!, attributes.valueEnd[key]!) : '');
  }
}

function attributesFrom(paths: readonly KindPath[], from: KindPath['from']): readonly string[] {
  return [...new Set(paths.flatMap((path) => ('attribute' in path && path.from === from ? [path.attribute] : [])))];
}

function rootOf(trace: Trace): number {
  const first = trace.firstSpan();
  for (let span = first; span !== NO_SPAN; span = trace.nextSpan(span)) if (trace.isRoot(span)) return span;
  return first;
}

/** A value as it stands in a name; nothing for arrays, maps and bytes. */
function valueText(kind: number, bytes: Uint8Array, start: number, end: number): string {
  switch (kind) {
    case ANY_STRING:
      return shortText(bytes, start, end);
    case ANY_INT:
      return String(readInt64(bytes, start, end));
    case ANY_BOOL:
      return String(Number(readInt64(bytes, start, end)) !== 0);
    case ANY_DOUBLE:
      return String(readDouble(bytes, start));
    default:
      return '';
  }
}

function shortText(bytes: Uint8Array, start: number, end: number): string {
  return textOf(bytes, start, Math.min(end, start + MAX_PART_BYTES));
}
