/** Where the first `${…}` at or after `from` begins, and ends (behind its brace); undefined when there is none that ends. */
export function findExpression(text: string, from: number): { readonly start: number; readonly end: number } | undefined {
  for (let start = text.indexOf('${', from); start >= 0; start = text.indexOf('${', start + 1)) {
    const close = closingBrace(text, start);
    if (close >= 0) return { start, end: close + 1 };
  }
  return undefined;
}

/** The `}` that belongs to the `${` at `dollar`; -1 when there is none. */
export function closingBrace(text: string, dollar: number): number {
  let depth = 0;
  for (let i = dollar; i < text.length; i++) {
    if (text[i] === '$' && text[i + 1] === '{') {
      depth++;
      i++;
    } else if (text[i] === '}' && --depth === 0) {
      return i;
    }
  }
  return -1;
}
