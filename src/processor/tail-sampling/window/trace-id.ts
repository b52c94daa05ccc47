import { halfSipHash } from '../../../internal/half-sip-hash.ts';

/** What the hash of trace ids is seeded with: 64 bits in two words. */
export interface HashKey {
  readonly k0: number;
  readonly k1: number;
}

/** A key of its own for each window: whoever makes up ids must not be able to make them meet in one place. */
export function randomHashKey(random: () => number): HashKey {
  return { k0: Math.floor(random() * 2 ** 32) | 0, k1: Math.floor(random() * 2 ** 32) | 0 };
}

/**
 * The trace id that is looked for, as four signed words of 32 bits, big-endian, with the hash by which all tables find it.
 * One object is filled again and again; nobody who is given it keeps it.
 */
export class TraceId {
  a = 0;
  b = 0;
  c = 0;
  d = 0;
  hash = 0;
  readonly #k0: number;
  readonly #k1: number;

  /** Ids that are looked for in the same tables need the same key. */
  constructor({ k0, k1 }: HashKey) {
    this.#k0 = k0;
    this.#k1 = k1;
  }

  /** Takes the 16 bytes from `at` on. */
  read(bytes: Uint8Array, at: number): void {
    this.a = word(bytes, at);
    this.b = word(bytes, at + 4);
    this.c = word(bytes, at + 8);
    this.d = word(bytes, at + 12);
    this.hash = halfSipHash(this.a, this.b, this.c, this.d, this.#k0, this.#k1);
  }

  /** Takes the words of an id whose hash is known. */
  set(a: number, b: number, c: number, d: number, hash: number): void {
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
    this.hash = hash;
  }

  /** Whether the 16 bytes from `at` on are this id. Ids mostly differ in their last bytes. */
  isAt(bytes: Uint8Array, at: number): boolean {
    return word(bytes, at + 12) === this.d && word(bytes, at + 8) === this.c && word(bytes, at + 4) === this.b && word(bytes, at) === this.a;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
