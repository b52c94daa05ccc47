/** One of the properties of a trace that tell kinds of traffic apart. */
export type KindPath =
  | { readonly from: 'resource' | 'root'; readonly attribute: string }
  | { readonly from: 'root'; readonly field: 'name' | 'kind' }
  | { readonly from: 'trace'; readonly field: 'span_count' };

const FORMS = 'resource.attributes["key"], root.attributes["key"], root.name, root.kind or trace.span_count';

const ATTRIBUTE = /^(resource|root)\.attributes\[("(?:[^"\\]|\\.)*")\]$/s;

/** Reads a path as OTTL writes it. Throws an Error that says what may be written instead. */
export function parseKindPath(text: string): KindPath {
  switch (text) {
    case 'root.name':
      return { from: 'root', field: 'name' };
    case 'root.kind':
      return { from: 'root', field: 'kind' };
    case 'trace.span_count':
      return { from: 'trace', field: 'span_count' };
    default: {
      const [, from, quoted] = ATTRIBUTE.exec(text) ?? [];
      const attribute = quoted === undefined ? '' : unquoted(quoted);
      if (attribute === '') throw new Error(`"${text}" tells no kinds of traffic apart: write ${FORMS}`);
      return { from: from === 'root' ? 'root' : 'resource', attribute };
    }
  }
}

/** Empty where the text has an escape that there is not. */
function unquoted(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return '';
  }
}
