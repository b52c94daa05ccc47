/** A whole number of more characters than these a double may not hold exactly. */
const MAX_EXACT_LENGTH = 15;
const WHOLE = /^-?\d+$/;
/** Whether one stands where a value may; text that only looks so does no harm. */
const MAY_HOLD_LONG_INTEGER = /[:[,]\s*-?\d{16}/;
const NUMBER = /-?\d[\d.eE+-]*/y;

/**
 * JSON with whole numbers beyond 2⁵³ as strings of their digits: OTLP/JSON allows nanoseconds as numbers, and JSON.parse
 * would round them to the nearest 256.
 *
 * @throws SyntaxError with the place
 */
export function parseJson(text: string): unknown {
  return JSON.parse(MAY_HOLD_LONG_INTEGER.test(text) ? quoteLongIntegers(text) : text);
}

function quoteLongIntegers(text: string): string {
  const parts: string[] = [];
  let copied = 0;
  let at = 0;
  while (at < text.length) {
    const char = text.charCodeAt(at);
    if (char === 0x22) {
      at = endOfString(text, at);
    } else if (char === 0x2d || (char >= 0x30 && char <= 0x39)) {
      NUMBER.lastIndex = at;
      const number = NUMBER.exec(text)?.[0] ?? '-';
      if (number.length > MAX_EXACT_LENGTH && WHOLE.test(number)) {
        parts.push(text.slice(copied, at), '"', number, '"');
        copied = at + number.length;
      }
      at += number.length;
    } else {
      at++;
    }
  }
  parts.push(text.slice(copied));
  return parts.join('');
}

/** The place after the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const char = text.charCodeAt(at);
    if (char === 0x22) return at + 1;
    at += char === 0x5c ? 2 : 1;
  }
  return at;
}
