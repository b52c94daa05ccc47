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
