/**
 * Seeded randomness (xoshiro128**, David Blackman and Sebastiano Vigna, public domain algorithm), so that every run of a
 * bench sees the same load.
 */
export class Random {
  readonly #state = new Uint32Array(4);

  constructor(seed: number) {
    // SplitMix32 spreads the seed over the state.
    let x = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      x = (x + 0x9e37_79b9) >>> 0;
      let z = x;
      z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35);
      this.#state[i] = (z ^ (z >>> 16)) >>> 0;
    }
  }

  /** 32 random bits, unsigned. */
  next(): number {
    const s = this.#state;
    const result = Math.imul(rotate(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotate(s[3]!, 11);
    return result;
  }

  /** A whole number from 0 up to and without `limit`. */
  below(limit: number): number {
    return Math.floor((this.next() / 2 ** 32) * limit);
  }

  bytes(count: number): Buffer {
    const bytes = Buffer.allocUnsafe(count);
    for (let at = 0; at < count; at += 4) {
      const word = this.next();
      for (let i = 0; i < 4 && at + i < count; i++) bytes[at + i] = (word >>> (8 * i)) & 0xff;
    }
    return bytes;
  }

  /** Random 32-bit words into all of `words`. */
  fill(words: Uint32Array): void {
    for (let i = 0; i < words.length; i++) words[i] = this.next();
  }
}

function rotate(x: number, by: number): number {
  return ((x << by) | (x >>> (32 - by))) >>> 0;
}
