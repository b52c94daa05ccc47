/** 64 bits in unsigned halves. */
export interface Hash64 {
  hi: number;
  lo: number;
}

const OFFSET_BASIS: Readonly<Hash64> = { hi: 0xcbf2_9ce4, lo: 0x8422_2325 };

/** The prime is 2⁴⁰ + 0x1b3. */
const PRIME_LOW = 0x1b3;

/**
 * FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/), continued from the hash of what went before. Writes to
 * `out` and returns it.
 */
export function fnv1a64(bytes: Uint8Array, before: Readonly<Hash64> = OFFSET_BASIS, out: Hash64 = { hi: 0, lo: 0 }): Hash64 {
  let { hi, lo } = before;
  for (const byte of bytes) {
    lo = (lo ^ byte) >>> 0;
    // (hi · 2³² + lo) · (2⁴⁰ + 0x1b3) mod 2⁶⁴; each product stays below 2⁵³.
    const low = lo * PRIME_LOW;
    hi = (hi * PRIME_LOW + Math.floor(low / 0x1_0000_0000) + lo * 0x100) % 0x1_0000_0000;
    lo = low % 0x1_0000_0000;
  }
  out.hi = hi;
  out.lo = lo;
  return out;
}
