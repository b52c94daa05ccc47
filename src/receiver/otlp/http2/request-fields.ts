import type { HeaderList } from './hpack-decoder.ts';

/** Fields that say something of one connection of HTTP/1 and have no place here (RFC 9113, section 8.2.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set(['connection', 'proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade']);

const REQUEST_PSEUDO_FIELDS: ReadonlySet<string> = new Set([':method', ':scheme', ':authority', ':path']);

/** What is wrong with the fields that begin a request (section 8.3.1); undefined: nothing. */
export function requestMistake({ fields }: HeaderList): string | undefined {
  const seen = new Set<string>();
  let isAfterPseudo = false;
  for (const { name, value } of fields) {
    if (!name.startsWith(':')) {
      isAfterPseudo = true;
      const mistake = fieldMistake(name, value);
      if (mistake !== undefined) return mistake;
      continue;
    }
    if (!REQUEST_PSEUDO_FIELDS.has(name)) return `${name} has no place in a request`;
    if (isAfterPseudo) return `${name} comes after other fields`;
    if (seen.has(name)) return `${name} comes twice`;
    seen.add(name);
    if (name === ':path' && value === '') return ':path is empty';
  }
  for (const name of [':method', ':scheme', ':path']) {
    if (!seen.has(name)) return `${name} is missing`;
  }
  return undefined;
}

/** The same of the fields that may follow its content (section 8.1). */
export function trailersMistake({ fields }: HeaderList): string | undefined {
  for (const { name, value } of fields) {
    const mistake = name.startsWith(':') ? `${name} comes after the content` : fieldMistake(name, value);
    if (mistake !== undefined) return mistake;
  }
  return undefined;
}

/** The value of the first field of that name. */
export function fieldValue({ fields }: HeaderList, name: string): string | undefined {
  for (const field of fields) {
    if (field.name === name) return field.value;
  }
  return undefined;
}

/** Section 8.2.1; what a value must not hold would let it pass for several in whatever it is written to. */
function fieldMistake(name: string, value: string): string | undefined {
  if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name)) return 'the name of a field has characters that none has';
  if (/[\0\r\n]/.test(value)) return `the value of ${name} has characters that none has`;
  if (CONNECTION_FIELDS.has(name)) return `${name} has no place in HTTP/2`;
  if (name === 'te' && value !== 'trailers') return 'te says more than trailers';
  return undefined;
}
