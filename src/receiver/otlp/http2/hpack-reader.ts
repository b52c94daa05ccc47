import { decodeHuffman } from './huffman.ts';

/** A header block that cannot be decoded: the connection is lost (COMPRESSION_ERROR). */
export class HpackError extends Error {
  override readonly name = 'HpackError';
}

const MAX_INTEGER = 2 ** 31 - 1;
/** Enough for it; more could only be zeros that pad. */
const MAX_CONTINUATION_BYTES = 5;

const HUFFMAN = 0x80;
const STRING_PREFIX = 0x7f;

/** Reads the primitive types of one header block (RFC 7541, section 5). */
export class HpackReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  /** The block is `bytes[from, end)`. */
  constructor(bytes: Buffer, from: number, end: number) {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** The next byte, which is not passed. */
  get next(): number {
    if (this.#at >= this.#end) throw new HpackError('header block ends within a field');
    return this.#bytes[this.#at] ?? 0;
  }

  /**
   * An integer whose first bits stand in the next byte, under `prefix`, a mask of ones:
   *
   *     0   1   2   3   4   5   6   7
   *     +---+---+---+---+---+---+---+---+
   *     | ? | ? | ? |       prefix      |   less than all ones: the value
   *     +---+---+---+-------------------+
   *     | 1 |  the seven lowest bits    |   else what is more than them follows
   *     +---+---------------------------+
   *     | 0 |  the seven highest bits   |
   *     +---+---------------------------+
   *
   * @throws HpackError
   */
  integer(prefix: number): number {
    const value = this.next & prefix;
    this.#at++;
    return value < prefix ? value : this.#longInteger(prefix);
  }

  /**
   * Length (bits 0 to 6) and bytes, as they are or (bit 7) in Huffman's code.
   *
   * @throws HpackError
   */
  string(): string {
    const isHuffman = (this.next & HUFFMAN) !== 0;
    const length = this.integer(STRING_PREFIX);
    const start = this.#at;
    const end = start + length;
    if (end > this.#end) throw new HpackError('header block ends within a string');
    this.#at = end;
    if (!isHuffman) return this.#bytes.toString('latin1', start, end);
    const text = decodeHuffman(this.#bytes, start, end);
    if (text === undefined) throw new HpackError('string is not in the Huffman code');
    return text;
  }

  #longInteger(prefix: number): number {
    let value = prefix;
    for (let i = 0; i < MAX_CONTINUATION_BYTES; i++) {
      const byte = this.next;
      this.#at++;
      // Not shifted: the fifth byte reaches beyond 32 bits.
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (value > MAX_INTEGER) break;
      if (byte < 0x80) return value;
    }
    throw new HpackError('integer is too great');
  }
}
