import { byteText, isAscii, unicodeText } from './value.ts';

/** Go's string functions on byte texts. */

/** Lower-case letters whose upper-case form JavaScript writes with two letters while Unicode's simple mapping has one. */
const SIMPLE_UPPER: ReadonlyMap<string, string> = new Map([
  // U+1F80–1F87, 1F90–1F97, 1FA0–1FA7: eight further on.
  ...[0x1f80, 0x1f90, 0x1fa0].flatMap((first) =>
    Array.from({ length: 8 }, (_, i) => [String.fromCodePoint(first + i), String.fromCodePoint(first + i + 8)] as const),
  ),
  ['\u1fb3', '\u1fbc'],
  ['\u1fc3', '\u1fcc'],
  ['\u1ff3', '\u1ffc'],
]);

/** One letter becomes one letter, without regard to its neighbours. https://pkg.go.dev/strings#ToUpper */
export function toUpper(text: string): string {
  if (isAscii(text)) return text.toUpperCase();
  return mapped(text, (letter) => {
    const upper = letter.toUpperCase();
    return isOneLetter(upper) ? upper : (SIMPLE_UPPER.get(letter) ?? letter);
  });
}

/** https://pkg.go.dev/strings#ToLower */
export function toLower(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  // Alone, a sigma is no final one; U+0130 is the only letter that JavaScript makes two of.
  return mapped(text, (letter) => (letter === '\u0130' ? 'i' : letter.toLowerCase()));
}

function mapped(text: string, letter: (letter: string) => string): string {
  let result = '';
  for (const one of unicodeText(text)) result += letter(one);
  return byteText(result);
}

function isOneLetter(text: string): boolean {
  return text.length === 1 || (text.length === 2 && text.codePointAt(0)! > 0xffff);
}

/** https://pkg.go.dev/strings#Split; without a separator, the characters. */
export function split(text: string, separator: string): readonly string[] {
  if (separator !== '') return text.split(separator);
  return isAscii(text) ? Array.from(text) : Array.from(unicodeText(text), byteText);
}

/** Takes the characters of `cutset` off both ends. https://pkg.go.dev/strings#Trim */
export function trim(text: string, cutset: string): string {
  const characters = split(text, '');
  const cut = new Set(split(cutset, ''));
  let start = 0;
  let end = characters.length;
  while (start < end && cut.has(characters[start]!)) start++;
  while (end > start && cut.has(characters[end - 1]!)) end--;
  return characters.slice(start, end).join('');
}

/** Bytes `[start, end)`; where they are to be whole characters, fewer. */
export function substring(text: string, start: number, end: number, isUtf8Safe: boolean): string {
  if (!isUtf8Safe) return text.slice(start, end);
  let from = start;
  let to = end;
  while (from < text.length && isContinuation(text, from)) from++;
  while (from < to && to < text.length && isContinuation(text, to)) to--;
  return text.slice(from, Math.max(from, to));
}

function isContinuation(text: string, index: number): boolean {
  return (text.charCodeAt(index) & 0xc0) === 0x80;
}
