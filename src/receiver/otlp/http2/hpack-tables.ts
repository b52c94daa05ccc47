/** A field of a request or an answer, one character a byte. Shared between requests: never changed. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** What a field counts above its name and value, in tables (RFC 7541, section 4.1) and lists (RFC 9113, section 6.5.2). */
const FIELD_OVERHEAD_BYTES = 32;

/** What both ends of a connection begin with (RFC 9113, section 6.5.2). */
const INITIAL_TABLE_BYTES = 4096;

/** Appendix A of RFC 7541, from index 1. Fields of one name stand together. */
export const STATIC_TABLE: readonly HeaderField[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language', ''],
  ['accept-ranges', ''],
  ['accept', ''],
  ['access-control-allow-origin', ''],
  ['age', ''],
  ['allow', ''],
  ['authorization', ''],
  ['cache-control', ''],
  ['content-disposition', ''],
  ['content-encoding', ''],
  ['content-language', ''],
  ['content-length', ''],
  ['content-location', ''],
  ['content-range', ''],
  ['content-type', ''],
  ['cookie', ''],
  ['date', ''],
  ['etag', ''],
  ['expect', ''],
  ['expires', ''],
  ['from', ''],
  ['host', ''],
  ['if-match', ''],
  ['if-modified-since', ''],
  ['if-none-match', ''],
  ['if-range', ''],
  ['if-unmodified-since', ''],
  ['last-modified', ''],
  ['link', ''],
  ['location', ''],
  ['max-forwards', ''],
  ['proxy-authenticate', ''],
  ['proxy-authorization', ''],
  ['range', ''],
  ['referer', ''],
  ['refresh', ''],
  ['retry-after', ''],
  ['server', ''],
  ['set-cookie', ''],
  ['strict-transport-security', ''],
  ['transfer-encoding', ''],
  ['user-agent', ''],
  ['vary', ''],
  ['via', ''],
  ['www-authenticate', ''],
].map(([name = '', value = '']) => ({ name, value }));

export function fieldBytes({ name, value }: HeaderField): number {
  return name.length + value.length + FIELD_OVERHEAD_BYTES;
}

/**
 * The fields that a header block may refer to by their index: the static ones, then those that came before on the
 * connection, the newest first (RFC 7541, section 2.3).
 *
 * The latter stand in a ring, which has a slot for as many as can be within the limit:
 *
 *     slots  | new | . . | . . | old | ... | ... | new |
 *               ^ #newest        ^ #newest - #count + 1
 */
export class HeaderTable {
  /** Greatest size that the other end may give it. */
  readonly maxBytes: number;
  readonly #slots: (HeaderField | undefined)[];
  readonly #mask: number;
  #newest = 0;
  #count = 0;
  #bytes = 0;
  #limitBytes: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
    this.#limitBytes = Math.min(maxBytes, INITIAL_TABLE_BYTES);
    const slots = 2 ** Math.ceil(Math.log2(Math.max(1, maxBytes / FIELD_OVERHEAD_BYTES)));
    this.#slots = new Array<HeaderField | undefined>(slots).fill(undefined);
    this.#mask = slots - 1;
  }

  /** The field of an index, which begins with 1; undefined where there is none. */
  get(index: number): HeaderField | undefined {
    if (index > STATIC_TABLE.length) {
      const age = index - STATIC_TABLE.length - 1;
      return age < this.#count ? this.#slots[(this.#newest - age) & this.#mask] : undefined;
    }
    return STATIC_TABLE[index - 1];
  }

  /** Evicts the oldest until the field has room; one that has none at all leaves the table empty. */
  add(field: HeaderField): void {
    const bytes = fieldBytes(field);
    this.#shrinkTo(this.#limitBytes - bytes);
    if (bytes > this.#limitBytes) return;
    this.#newest = (this.#newest + 1) & this.#mask;
    this.#slots[this.#newest] = field;
    this.#count++;
    this.#bytes += bytes;
  }

  /** `limitBytes` is at most `maxBytes`. */
  resize(limitBytes: number): void {
    this.#limitBytes = limitBytes;
    this.#shrinkTo(limitBytes);
  }

  #shrinkTo(bytes: number): void {
    while (this.#bytes > bytes && this.#count > 0) {
      this.#count--;
      const slot = (this.#newest - this.#count) & this.#mask;
      const oldest = this.#slots[slot];
      this.#slots[slot] = undefined;
      if (oldest !== undefined) this.#bytes -= fieldBytes(oldest);
    }
  }
}
