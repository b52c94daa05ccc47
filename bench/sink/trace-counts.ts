const SHARDS = 256;
const FIRST_SIZE = 64;
/** An entry: the first 8 bytes of an id, and the count. 0: nothing is here. */
const ENTRY_WORDS = 3;
const COUNT = 2;

/**
 * Counts by trace id, for ids that are random: of 10,000,000 two have the same first 8 bytes in one run of 300,000.
 *
 * Flat numbers in many small tables, because the sink runs beside the load generator: a `Map` of so many strings stands
 * still for more than a second when it grows, and all that V8 does meanwhile is time that the senders seem to wait.
 */
export class TraceCounts {
  readonly #shards = Array.from({ length: SHARDS }, () => new Shard());

  /** Adds to the count of the id at `at` and returns what it was. */
  add(bytes: Uint8Array, at: number, count: number): number {
    return this.#shards[bytes[at]!]!.add(wordAt(bytes, at), wordAt(bytes, at + 4), count);
  }
}

/** Open addressing with linear probing; the ids are their own hashes. */
class Shard {
  #entries = new Int32Array(FIRST_SIZE * ENTRY_WORDS);
  #size = FIRST_SIZE;
  #used = 0;

  add(first: number, second: number, count: number): number {
    const at = this.#find(first, second);
    const before = this.#entries[at + COUNT]!;
    this.#entries[at] = first;
    this.#entries[at + 1] = second;
    this.#entries[at + COUNT] = before + count;
    if (before === 0 && ++this.#used > this.#size / 2) this.#grow();
    return before;
  }

  /** Where the entry of an id is or will be. */
  #find(first: number, second: number): number {
    const entries = this.#entries;
    let at = (second & (this.#size - 1)) * ENTRY_WORDS;
    while (entries[at + COUNT] !== 0 && (entries[at] !== first || entries[at + 1] !== second)) {
      at += ENTRY_WORDS;
      if (at === entries.length) at = 0;
    }
    return at;
  }

  #grow(): void {
    const old = this.#entries;
    this.#size *= 2;
    this.#entries = new Int32Array(this.#size * ENTRY_WORDS);
    for (let from = 0; from < old.length; from += ENTRY_WORDS) {
      if (old[from + COUNT] !== 0) this.#entries.set(old.subarray(from, from + ENTRY_WORDS), this.#find(old[from]!, old[from + 1]!));
    }
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
