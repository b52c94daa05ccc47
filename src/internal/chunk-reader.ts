/** Reads what comes in chunks in pieces of its own: so many bytes, or a line. */
export class ChunkReader {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #maxBytes: number;
  #rest: Buffer = Buffer.alloc(0);
  #isEnded = false;

  /** No piece may have more than `maxBytes`. */
  constructor(chunks: AsyncIterable<Buffer>, maxBytes: number) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#maxBytes = maxBytes;
  }

  /** The next `count` bytes, or all there are, without taking them. */
  async peek(count: number): Promise<Buffer> {
    while (this.#rest.length < count && (await this.#fill()));
    return this.#rest.subarray(0, count);
  }

  /** Takes the next `count` bytes, or all there are. */
  async take(count: number): Promise<Buffer> {
    if (count > this.#maxBytes) throw new Error(`${count} bytes at once are more than the ${this.#maxBytes} that are read`);
    const piece = await this.peek(count);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }

  /** Takes what is left. */
  async takeAll(): Promise<Buffer> {
    while (await this.#fill());
    return this.take(this.#rest.length);
  }

  /** Takes the next line without its end; undefined when there is none. */
  async takeLine(): Promise<Buffer | undefined> {
    let searched = 0;
    for (;;) {
      const end = this.#rest.indexOf(NEWLINE, searched);
      if (end >= 0) {
        const line = this.#rest.subarray(0, end);
        this.#rest = this.#rest.subarray(end + 1);
        return line;
      }
      searched = this.#rest.length;
      if (!(await this.#fill())) return searched === 0 ? undefined : this.take(searched);
    }
  }

  /** Reads one more chunk; false at the end. */
  async #fill(): Promise<boolean> {
    if (this.#isEnded) return false;
    const { done, value } = await this.#chunks.next();
    if (done === true) {
      this.#isEnded = true;
      return false;
    }
    if (this.#rest.length + value.length > this.#maxBytes + CHUNK_ALLOWANCE) {
      throw new Error(`a piece of more than ${this.#maxBytes} bytes`);
    }
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value]);
    return true;
  }
}

const NEWLINE = 0x0a;

/** What may stand behind a piece in the chunk that ends it. */
const CHUNK_ALLOWANCE = 1 << 20;
