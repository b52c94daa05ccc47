/** Words of 32 bits an entry takes: four of the trace id, policy and flags, two of the threshold, the time. */
const ENTRY_WORDS = 8;
const INITIAL_ENTRIES = 1024;

/** What is remembered of a decision. */
export interface CachedDecision {
  sampled: boolean;
  /** The policy it is attributed to, as the caller numbers them: 30 bits. */
  policy: number;
  /** The threshold of 56 bits in two halves of 28, or what stands for one that is not known. */
  thresholdHi: number;
  thresholdLo: number;
  /** When it was made, in the caller's unit: 32 bits. */
  decidedAt: number;
}

/**
 * Remembers the decisions about traces that have left the window, so that late spans follow the first one. Holds at least
 * the last `capacity` entries touched and at most twice as many, in two generations:
 *
 * ```
 *  young ◄── put, and every old entry that is found again      young full: old is forgotten, young becomes old
 *  old
 * ```
 *
 * Each is an open hash table in one typed array, which starts small and doubles: 32 bytes an entry at a load of at most
 * two thirds, against some 100 of a Map with strings. The hash is seeded: ids that a sender makes up cannot all meet in
 * one place.
 */
export class DecisionCache {
  readonly #capacity: number;
  readonly #seed: number;
  #young: Generation;
  #old: Generation;

  /** `capacity` 0 remembers nothing. `seed` is any 32 bits. */
  constructor(capacity: number, seed: number) {
    this.#capacity = capacity;
    this.#seed = seed;
    this.#young = new Generation(INITIAL_ENTRIES);
    this.#old = new Generation(INITIAL_ENTRIES);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get memoryBytes(): number {
    return this.#young.memoryBytes + this.#old.memoryBytes;
  }

  /** Copies what is remembered of a trace (key as in the trace table) into `out`; false when nothing is. */
  get(key: string, out: CachedDecision): boolean {
    if (this.#young.read(key, this.#seed, out)) return true;
    if (!this.#old.read(key, this.#seed, out)) return false;
    this.put(key, out);
    return true;
  }

  put(key: string, decision: Readonly<CachedDecision>): void {
    if (this.#capacity === 0) return;
    if (this.#young.size >= this.#capacity) {
      this.#old = this.#young;
      // Half of what it will need: a full one is doubled once, and one that never fills takes less.
      this.#young = new Generation(Math.max(INITIAL_ENTRIES, this.#old.entries / 2));
    }
    this.#young.write(key, this.#seed, decision);
  }
}

class Generation {
  size = 0;
  entries: number;
  #words: Uint32Array;

  constructor(entries: number) {
    this.entries = entries;
    this.#words = new Uint32Array(entries * ENTRY_WORDS);
  }

  get memoryBytes(): number {
    return this.#words.byteLength;
  }

  read(key: string, seed: number, out: CachedDecision): boolean {
    if (this.size === 0) return false;
    const at = this.#find(key, seed);
    const words = this.#words;
    const meta = words[at + 4]!;
    if (meta === 0) return false;
    out.sampled = (meta & 2) !== 0;
    out.policy = meta >>> 2;
    out.thresholdHi = words[at + 5]!;
    out.thresholdLo = words[at + 6]!;
    out.decidedAt = words[at + 7]!;
    return true;
  }

  write(key: string, seed: number, decision: Readonly<CachedDecision>): void {
    if (this.size * 3 >= this.entries * 2) this.#grow(seed);
    const at = this.#find(key, seed);
    const words = this.#words;
    if (words[at + 4] === 0) this.size++;
    words[at] = lookedUp.a;
    words[at + 1] = lookedUp.b;
    words[at + 2] = lookedUp.c;
    words[at + 3] = lookedUp.d;
    words[at + 4] = 1 | (decision.sampled ? 2 : 0) | (decision.policy << 2);
    words[at + 5] = decision.thresholdHi;
    words[at + 6] = decision.thresholdLo;
    words[at + 7] = decision.decidedAt;
  }

  /** Where the entry of `key` is, or the empty one where it would go. */
  #find(key: string, seed: number): number {
    lookUp(key, seed);
    const { a, b, c, d } = lookedUp;
    const words = this.#words;
    const mask = this.entries - 1;
    for (let entry = lookedUp.hash & mask; ; entry = (entry + 1) & mask) {
      const at = entry * ENTRY_WORDS;
      if (words[at + 4] === 0) return at;
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return at;
    }
  }

  #grow(seed: number): void {
    const old = this.#words;
    this.entries *= 2;
    this.#words = new Uint32Array(this.entries * ENTRY_WORDS);
    const mask = this.entries - 1;
    for (let from = 0; from < old.length; from += ENTRY_WORDS) {
      if (old[from + 4] === 0) continue;
      let entry = hash(old[from]!, old[from + 1]!, old[from + 2]!, old[from + 3]!, seed) & mask;
      while (this.#words[entry * ENTRY_WORDS + 4] !== 0) entry = (entry + 1) & mask;
      this.#words.set(old.subarray(from, from + ENTRY_WORDS), entry * ENTRY_WORDS);
    }
  }
}

/** The key looked up last, taken apart: a new trace is looked for in four tables one after the other. */
const lookedUp = { key: '', seed: 0, a: 0, b: 0, c: 0, d: 0, hash: 0 };

function lookUp(key: string, seed: number): void {
  if (lookedUp.key === key && lookedUp.seed === seed) return;
  lookedUp.key = key;
  lookedUp.seed = seed;
  lookedUp.a = word(key, 0);
  lookedUp.b = word(key, 1);
  lookedUp.c = word(key, 2);
  lookedUp.d = word(key, 3);
  lookedUp.hash = hash(lookedUp.a, lookedUp.b, lookedUp.c, lookedUp.d, seed);
}

/** The `i`th 32 bits of a key of 8 UTF-16 units. */
function word(key: string, i: number): number {
  return ((key.charCodeAt(2 * i) << 16) | key.charCodeAt(2 * i + 1)) >>> 0;
}

/** The mixing of MurmurHash3 (32 bits, Austin Appleby, public domain algorithm) over four words. */
function hash(a: number, b: number, c: number, d: number, seed: number): number {
  let h = mix(mix(mix(mix(seed, a), b), c), d);
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function mix(h: number, input: number): number {
  let k = Math.imul(input, 0xcc9e_2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b87_3593);
  h ^= k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe654_6b64) | 0;
}
