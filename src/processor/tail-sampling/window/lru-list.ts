import { NONE } from './arena.ts';

const CHUNK_SHIFT = 12;
const CHUNK_WORDS = 2 << CHUNK_SHIFT;
const MASK = CHUNK_WORDS - 1;

/**
 * Slots in the order in which they were touched last, as a chain in both directions: two words a slot. They stand by
 * themselves, not with the rest of a slot: what is next to a trace in this order is touched with it, and is mostly in a cache
 * while it is only eight bytes.
 *
 * ```
 *  oldest ─► slot 4 ⇄ slot 9 ⇄ slot 1 ◄─ newest
 * ```
 */
export class LruList {
  /** NONE when it is empty. */
  oldest = NONE;
  #newest = NONE;
  /** By slot the one touched before it and the one touched after it; chunks, so that nothing is copied. */
  readonly #chunks: Int32Array[] = [];

  get memoryBytes(): number {
    return this.#chunks.length * CHUNK_WORDS * Int32Array.BYTES_PER_ELEMENT;
  }

  /** The slot touched next after one; NONE after the newest. */
  newerThan(slot: number): number {
    return this.#chunk(slot)[at(slot) + 1]!;
  }

  /** Adds a slot, touched now. */
  add(slot: number): void {
    while (slot >>> CHUNK_SHIFT >= this.#chunks.length) this.#chunks.push(new Int32Array(CHUNK_WORDS));
    this.#append(slot);
  }

  touch(slot: number): void {
    if (slot === this.#newest) return;
    this.remove(slot);
    this.#append(slot);
  }

  remove(slot: number): void {
    const words = this.#chunk(slot);
    const older = words[at(slot)]!;
    const newer = words[at(slot) + 1]!;
    if (older === NONE) this.oldest = newer;
    else this.#chunk(older)[at(older) + 1] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#chunk(newer)[at(newer)] = older;
  }

  /** Lets go of what a large list took; it has to be empty. */
  trim(): void {
    this.#chunks.length = Math.min(1, this.#chunks.length);
  }

  #append(slot: number): void {
    const last = this.#newest;
    const words = this.#chunk(slot);
    words[at(slot)] = last;
    words[at(slot) + 1] = NONE;
    if (last === NONE) this.oldest = slot;
    else this.#chunk(last)[at(last) + 1] = slot;
    this.#newest = slot;
  }

  #chunk(slot: number): Int32Array {
    return this.#chunks[slot >>> CHUNK_SHIFT]!;
  }
}

function at(slot: number): number {
  return (slot << 1) & MASK;
}
