import type { AttributeFinder } from '../../../../pdata/otlp/attribute-finder.ts';
import { EVENT_ATTRIBUTE, INSTRUMENTATION_SCOPE_ATTRIBUTE, RESOURCE_ATTRIBUTE, RESOURCE_RESOURCE, SCOPE_SCOPE } from '../../../../pdata/otlp/fields.ts';
import { attributeMap, foundValue, isFoundText, isTextAt, textAt } from './any-value.ts';
import type { AttributeKeys, EvaluationContext } from './evaluation-context.ts';
import { CONSTANT, EVENT, type Level, RESOURCE, SCOPE, SPAN, TRACE } from './expression.ts';
import { fromDouble } from './int64.ts';
import type { Fields, PathField } from './path-field.ts';
import { spanFields } from './span-fields.ts';
import { Duration } from './time.ts';
import { timeAt, unixNanoAt } from './time-at.ts';
import { EMPTY_MAP, type OttlMap, type Value } from './value.ts';

/** What a condition is asked of: every span, or every event of every span. */
export type ConditionContext = 'span' | 'spanevent';

/** The context of paths that are about more than one span; Tailrace's own. */
export const WHOLE_TRACE = 'trace';

/** Where the attributes of spans and resources that are asked for by name are registered: the walk of all policies. */
export interface KeyRegistry {
  /** The number of an attribute key. */
  key(key: string): number;
}

/** Always empty: nothing in a condition could write to it. */
const CACHE: PathField = {
  level: CONSTANT,
  get: () => EMPTY_MAP,
  isDeep: true,
  entry: () => ({ has: () => false, get: () => undefined }),
};

/** All paths there are, by context and name. Attributes that are asked for by name get their numbers here. */
export class Paths {
  readonly #walk: KeyRegistry;
  readonly #keys: { readonly [Where in keyof AttributeKeys]: string[] } = { event: [], scope: [], root: [] };

  constructor(walk: KeyRegistry) {
    this.#walk = walk;
  }

  get keys(): AttributeKeys {
    return this.#keys;
  }

  /** The contexts that a path may begin with. */
  contexts(context: ConditionContext): Readonly<Record<string, Fields>> {
    const span = spanFields({ level: SPAN, span: ({ span: reader }) => reader, key: (key) => this.#walk.key(key) });
    const scope = this.#scopeFields();
    const around = { resource: this.#resourceFields(), scope, instrumentation_scope: scope, [WHOLE_TRACE]: this.#traceFields() };
    if (context === 'span') return { span: { ...span, cache: CACHE }, ...around };
    return { spanevent: { ...this.#eventFields(), cache: CACHE }, span, ...around };
  }

  #eventFields(): Fields {
    const field = (get: (context: EvaluationContext) => Value): PathField => ({ level: EVENT, get });
    return {
      name: {
        ...field(({ event: { bytes, nameStart, nameEnd } }) => textAt(bytes, nameStart, nameEnd)),
        isText: ({ event: { bytes, nameStart, nameEnd } }, text) => isTextAt(bytes, nameStart, nameEnd, text),
      },
      time_unix_nano: field(({ event: { bytes, timeAt: at } }) => unixNanoAt(bytes, at)),
      time: field(({ event: { bytes, timeAt: at } }) => timeAt(bytes, at)),
      attributes: attributes(
        EVENT,
        ({ event: { bytes, start, end } }) => attributeMap(bytes, start, end, EVENT_ATTRIBUTE),
        ({ event }) => event,
        numbering(this.#keys.event),
      ),
      dropped_attributes_count: field(({ event }) => event.droppedAttributesCount),
      event_index: field(({ eventIndex }) => eventIndex),
    };
  }

  #scopeFields(): Fields {
    const field = (get: (context: EvaluationContext) => Value): PathField => ({ level: SCOPE, get });
    return {
      name: field(({ scope: { bytes, nameStart, nameEnd } }) => textAt(bytes, nameStart, nameEnd)),
      version: field(({ scope: { bytes, versionStart, versionEnd } }) => textAt(bytes, versionStart, versionEnd)),
      attributes: attributes(
        SCOPE,
        ({ scope: { bytes, start, end } }) => attributeMap(bytes, start, end, INSTRUMENTATION_SCOPE_ATTRIBUTE, SCOPE_SCOPE),
        ({ scope }) => scope,
        numbering(this.#keys.scope),
      ),
      dropped_attributes_count: field(({ scope }) => scope.droppedAttributesCount),
      schema_url: field(({ scope: { bytes, schemaUrlStart, schemaUrlEnd } }) => textAt(bytes, schemaUrlStart, schemaUrlEnd)),
    };
  }

  #resourceFields(): Fields {
    const field = (get: (context: EvaluationContext) => Value): PathField => ({ level: RESOURCE, get });
    return {
      attributes: attributes(
        RESOURCE,
        ({ resource: { bytes, start, end } }) => attributeMap(bytes, start, end, RESOURCE_ATTRIBUTE, RESOURCE_RESOURCE),
        ({ place: { resourceAttributes, resourceBytes } }) => ({ attributes: resourceAttributes, bytes: resourceBytes }),
        (key) => this.#walk.key(key),
      ),
      dropped_attributes_count: field(({ resource }) => resource.droppedAttributesCount),
      schema_url: field(({ resource: { bytes, schemaUrlStart, schemaUrlEnd } }) => textAt(bytes, schemaUrlStart, schemaUrlEnd)),
    };
  }

  #traceFields(): Fields {
    const field = (get: (context: EvaluationContext) => Value): PathField => ({ level: TRACE, get });
    return {
      duration: field(({ place: { trace } }) => new Duration(fromDouble(trace.durationNs()))),
      span_count: field(({ place: { trace } }) => trace.spanCount),
      root: { level: TRACE, fields: spanFields({ level: TRACE, span: ({ root }) => root, key: numbering(this.#keys.root) }) },
    };
  }
}

/** A map of attributes that a finder has looked through for the keys asked for by name. */
function attributes(
  level: Level,
  all: (context: EvaluationContext) => OttlMap,
  found: (context: EvaluationContext) => { readonly attributes: AttributeFinder; readonly bytes: Uint8Array },
  number: (key: string) => number,
): PathField {
  return {
    level,
    get: all,
    isDeep: true,
    entry: (name) => {
      const key = number(name);
      return {
        has: (context) => found(context).attributes.has(key),
        get: (context) => {
          const { attributes: finder, bytes } = found(context);
          return foundValue(finder, key, bytes);
        },
        isText: (context, text) => {
          const { attributes: finder, bytes } = found(context);
          return isFoundText(finder, key, bytes, text);
        },
      };
    },
  };
}

/** Gives each key a number, the same one when it comes again. */
function numbering(keys: string[]): (key: string) => number {
  return (key) => {
    const known = keys.indexOf(key);
    return known >= 0 ? known : keys.push(key) - 1;
  };
}
