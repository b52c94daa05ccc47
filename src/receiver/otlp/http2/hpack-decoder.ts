import { HpackError, HpackReader } from './hpack-reader.ts';
import { HeaderTable, fieldBytes, type HeaderField } from './hpack-tables.ts';

export { HpackError } from './hpack-reader.ts';
export type { HeaderField } from './hpack-tables.ts';

/** The fields of a header block in their order. Shared between requests: never changed. */
export interface HeaderList {
  readonly fields: readonly HeaderField[];
  /** The list was longer than allowed; `fields` is empty. */
  readonly isTooLarge: boolean;
}

const TOO_LARGE: HeaderList = { fields: [], isTooLarge: true };

/** Kinds of fields by the first bits of their first byte, from which what remains is the prefix of an integer (RFC 7541, section 6). */
const INDEXED = 0x80;
const INDEXED_PREFIX = 0x7f;
const ADDED = 0x40;
const ADDED_PREFIX = 0x3f;
const RESIZE = 0x20;
const RESIZE_PREFIX = 0x1f;
const NOT_ADDED_PREFIX = 0x0f;

/** A block that is longer is not remembered. */
const MAX_REMEMBERED_BYTES = 1024;

/** Decodes the header blocks of one direction of a connection, in the order in which they came (RFC 7541). */
export class HpackDecoder {
  readonly #table: HeaderTable;
  /**
   * The last block and its list, if it left the table as it was: then the same bytes mean the same, and most requests of
   * a connection have the same fields.
   */
  #rememberedList: HeaderList | undefined;
  #rememberedBlock = new Uint8Array(0);
  #rememberedSize = 0;
  /** The greatest length of a list with which it was decoded. */
  #rememberedLimit = 0;

  /**
   * `maxTableBytes` is the SETTINGS_HEADER_TABLE_SIZE announced to the other end, which must know it before its first
   * block if it is less than 4096, where HTTP/2 begins.
   */
  constructor(maxTableBytes: number) {
    this.#table = new HeaderTable(maxTableBytes);
  }

  /**
   * Decodes one whole header block `bytes[from, to)`, of which nothing is kept. Names are as sent, strings have one
   * character a byte. A list of more than `maxListBytes` (RFC 9113, section 6.5.2: name, value and 32 a field) is too large,
   * and the next block can be decoded all the same. While blocks are the same and leave the table alone, so is the list.
   *
   * @throws HpackError after which no further block can be decoded
   */
  decode(bytes: Uint8Array, from: number, to: number, maxListBytes: number): HeaderList {
    const remembered = this.#rememberedList;
    if (remembered !== undefined && this.#isRemembered(bytes, from, to, maxListBytes)) return remembered;
    this.#rememberedList = undefined;

    const table = this.#table;
    const reader = new HpackReader(asBuffer(bytes), from, to);
    const fields: HeaderField[] = [];
    let listBytes = 0;
    let changesTable = false;
    while (!reader.isAtEnd) {
      const { next } = reader;
      let field: HeaderField;
      if (next >= INDEXED) {
        field = this.#field(reader.integer(INDEXED_PREFIX));
      } else if (next >= ADDED) {
        field = this.#literal(reader, ADDED_PREFIX);
        table.add(field);
        changesTable = true;
      } else if (next >= RESIZE) {
        if (listBytes > 0) throw new HpackError('table size is changed after the first field');
        this.#resize(reader.integer(RESIZE_PREFIX));
        changesTable = true;
        continue;
      } else {
        field = this.#literal(reader, NOT_ADDED_PREFIX);
      }
      listBytes += fieldBytes(field);
      // A byte may stand for a field of thousands: what follows is read for the table only.
      if (listBytes <= maxListBytes) fields.push(field);
    }
    if (listBytes > maxListBytes) return TOO_LARGE;
    const list = { fields, isTooLarge: false };
    if (!changesTable) this.#remember(bytes, from, to, maxListBytes, list);
    return list;
  }

  #field(index: number): HeaderField {
    const field = this.#table.get(index);
    if (field === undefined) throw new HpackError(`no field has the index ${index}`);
    return field;
  }

  /** A field whose name is in the table, or, with index 0, follows. */
  #literal(reader: HpackReader, prefix: number): HeaderField {
    const index = reader.integer(prefix);
    const name = index === 0 ? reader.string() : this.#field(index).name;
    return { name, value: reader.string() };
  }

  #resize(limitBytes: number): void {
    const { maxBytes } = this.#table;
    if (limitBytes > maxBytes) throw new HpackError(`table size ${limitBytes} is greater than ${maxBytes}`);
    this.#table.resize(limitBytes);
  }

  #isRemembered(bytes: Uint8Array, from: number, to: number, maxListBytes: number): boolean {
    if (to - from !== this.#rememberedSize || maxListBytes !== this.#rememberedLimit) return false;
    const block = this.#rememberedBlock;
    for (let at = from; at < to; at++) {
      if (bytes[at] !== block[at - from]) return false;
    }
    return true;
  }

  #remember(bytes: Uint8Array, from: number, to: number, maxListBytes: number, list: HeaderList): void {
    const size = to - from;
    if (size > MAX_REMEMBERED_BYTES) return;
    if (size > this.#rememberedBlock.length) this.#rememberedBlock = new Uint8Array(size);
    const block = this.#rememberedBlock;
    for (let i = 0; i < size; i++) block[i] = bytes[from + i] ?? 0;
    this.#rememberedSize = size;
    this.#rememberedLimit = maxListBytes;
    this.#rememberedList = list;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
