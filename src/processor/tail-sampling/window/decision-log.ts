import type { TraceId } from './trace-id.ts';

const CHUNK_SHIFT = 12;
const CHUNK_ROWS = 1 << CHUNK_SHIFT;

/** Words of a row: the id from word 0 on, and what is remembered. */
const POLICY = 4;
const THRESHOLD_HI = 5;
const THRESHOLD_LO = 6;
const DECIDED_AT = 7;
const ROW_WORDS = 8;

/** Numbers of entries stay below; so the capacity may be a quarter of it at most. */
export const MAX_ENTRIES = (1 << 30) - 1;

/** What is remembered of a decision. */
export interface CachedDecision {
  sampled: boolean;
  /** The policy it is attributed to, as the caller numbers them. */
  policy: number;
  /** The threshold of 56 bits in two halves of 28, or what stands for one that is not known: 32 bits with a sign. */
  thresholdHi: number;
  thresholdLo: number;
  /** When it was made, in the caller's unit: 31 bits. */
  decidedAt: number;
}

/**
 * Decisions of one kind in the order in which they were made, a row of 32 bytes each. The last `2 · capacity` are here; the
 * next one takes the place of the oldest, so that memory is made once and stays warm.
 *
 * ```
 *  older half     │ newer half           what is asked for in the older half is written again behind the newest:
 *  ░ ▓ ▓ ▓ ▓ ▓ ▓ ▓│▓ ▓ ▓ ▓ ▓ ▓ ▓ ▓◄ next   so the last `capacity` that were touched are always here
 * ```
 */
export class DecisionLog {
  readonly capacity: number;
  /** How many there are. */
  size = 0;
  /** Rows are made as they are first needed, and then used round and round. */
  readonly #chunks: Int32Array[] = [];
  readonly #rows: number;
  /** Numbers begin again from 0 where rows do. */
  readonly #numbers: number;
  #next = 0;

  constructor(capacity: number) {
    this.capacity = Math.min(capacity, MAX_ENTRIES / 4);
    this.#rows = Math.ceil((2 * this.capacity + 1) / CHUNK_ROWS) * CHUNK_ROWS;
    this.#numbers = MAX_ENTRIES - (MAX_ENTRIES % this.#rows);
  }

  get memoryBytes(): number {
    return this.#chunks.length * CHUNK_ROWS * ROW_WORDS * Int32Array.BYTES_PER_ELEMENT;
  }

  /** Writes a decision behind the newest and returns its number. */
  append({ a, b, c, d }: TraceId, decision: Readonly<CachedDecision>): number {
    const number = this.#next;
    this.#next = (number + 1) % this.#numbers;
    this.size = Math.min(this.size + 1, 2 * this.capacity);
    if (this.#chunks[this.#chunkOf(number)] === undefined) this.#chunks.push(new Int32Array(CHUNK_ROWS * ROW_WORDS));
    const words = this.#words(number);
    const at = rowAt(number);
    words[at] = a;
    words[at + 1] = b;
    words[at + 2] = c;
    words[at + 3] = d;
    this.write(number, decision);
    return number;
  }

  write(number: number, { policy, thresholdHi, thresholdLo, decidedAt }: Readonly<CachedDecision>): void {
    const words = this.#words(number);
    const at = rowAt(number);
    words[at + POLICY] = policy;
    words[at + THRESHOLD_HI] = thresholdHi;
    words[at + THRESHOLD_LO] = thresholdLo;
    words[at + DECIDED_AT] = decidedAt;
  }

  read(number: number, out: CachedDecision): void {
    const words = this.#words(number);
    const at = rowAt(number);
    out.policy = words[at + POLICY]!;
    out.thresholdHi = words[at + THRESHOLD_HI]!;
    out.thresholdLo = words[at + THRESHOLD_LO]!;
    out.decidedAt = words[at + DECIDED_AT]!;
  }

  /** How many have been written since, it included; more than there are where it has given its place away. */
  age(number: number): number {
    const age = this.#next - number;
    return age > 0 ? age : age + this.#numbers;
  }

  /** Whether it is remembered still. */
  has(number: number): boolean {
    return this.age(number) <= this.size;
  }

  isOf(number: number, id: TraceId): boolean {
    const words = this.#words(number);
    const at = rowAt(number);
    return words[at + 3] === id.d && words[at + 2] === id.c && words[at + 1] === id.b && words[at] === id.a;
  }

  #chunkOf(number: number): number {
    return (number % this.#rows) >>> CHUNK_SHIFT;
  }

  #words(number: number): Int32Array {
    return this.#chunks[this.#chunkOf(number)]!;
  }
}

function rowAt(number: number): number {
  return (number & (CHUNK_ROWS - 1)) * ROW_WORDS;
}
