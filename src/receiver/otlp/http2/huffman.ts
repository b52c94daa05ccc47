/**
 * The Huffman code of header compression (RFC 7541, section 5.2 and appendix B).
 *
 * The code is canonical: of two symbols the one with the shorter code has the smaller one, and among codes of one length
 * they rise with the symbol. So the lengths say it all. Of the symbols 0 to 255 in bits; EOS, the 256th, has 30 and is last.
 */
const CODE_BITS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];
const EOS = 256;
const MIN_CODE_BITS = 5;
const MAX_PADDING_BITS = 7;

/** The inner nodes of the code's tree, as many as it has leaves but one; 0 is the root. */
const NODES = EOS;

/**
 * What four more bits lead to: `STEPS[node << 4 | bits]` is
 *
 *     bit   9        8              7..0
 *         +--------+--------------+------------------------------------+
 *         | FAILED | HAS_SYMBOL   | the node after these bits          |
 *         +--------+--------------+------------------------------------+
 *
 * and `SYMBOLS` of the same index the symbol that ended within them: at most one, as no code is shorter than five bits.
 */
const HAS_SYMBOL = 1 << 8;
const FAILED = 1 << 9;
const STEPS = new Uint16Array(NODES << 4);
const SYMBOLS = new Uint8Array(NODES << 4);
/** Where a text may end: after at most seven bits, all of them ones, which are the beginning of EOS. */
const MAY_END = new Uint8Array(NODES);

/** A child of a node: another inner node, or the leaf of a symbol as `LEAF + symbol`. */
const LEAF = NODES;

buildSteps(buildTree());

/**
 * The text, one character a byte, that stands coded in `bytes[from, to)`; undefined where it is not rightly coded: with
 * EOS in it, or with padding that is longer than seven bits or not of ones.
 */
export function decodeHuffman(bytes: Uint8Array, from: number, to: number): string | undefined {
  const text = Buffer.allocUnsafe(Math.floor(((to - from) * 8) / MIN_CODE_BITS));
  let size = 0;
  let node = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    const high = (node << 4) | (byte >> 4);
    const afterHigh = STEPS[high] ?? FAILED;
    if ((afterHigh & HAS_SYMBOL) !== 0) text[size++] = SYMBOLS[high] ?? 0;
    const low = ((afterHigh & 0xff) << 4) | (byte & 0xf);
    const afterLow = STEPS[low] ?? FAILED;
    if ((afterLow & HAS_SYMBOL) !== 0) text[size++] = SYMBOLS[low] ?? 0;
    if (((afterHigh | afterLow) & FAILED) !== 0) return undefined;
    node = afterLow & 0xff;
  }
  return MAY_END[node] === 1 ? text.toString('latin1', 0, size) : undefined;
}

/** The tree as children of inner nodes, `[node << 1 | bit]`. */
function buildTree(): Int32Array {
  const children = new Int32Array(NODES << 1);
  let nodes = 1;
  let code = 0;
  let codeBits = 0;
  const symbols = CODE_BITS.map((bits, symbol) => ({ bits, symbol })).sort((a, b) => a.bits - b.bits || a.symbol - b.symbol);
  for (const { bits, symbol } of symbols) {
    code <<= bits - codeBits;
    codeBits = bits;
    let node = 0;
    for (let bit = bits - 1; bit > 0; bit--) {
      const edge = (node << 1) | ((code >> bit) & 1);
      // The root is nobody's child: 0 is a child that has yet to be made.
      if (children[edge] === 0) children[edge] = nodes++;
      node = children[edge] ?? 0;
    }
    children[(node << 1) | (code & 1)] = LEAF + symbol;
    code++;
  }
  return children;
}

function buildSteps(children: Int32Array): void {
  for (let node = 0; node < NODES; node++) {
    for (let bits = 0; bits < 16; bits++) {
      const index = (node << 4) | bits;
      let step = 0;
      let at = node;
      for (let bit = 3; bit >= 0; bit--) {
        at = children[(at << 1) | ((bits >> bit) & 1)] ?? 0;
        if (at < LEAF) continue;
        if (at === LEAF + EOS) {
          step |= FAILED;
        } else {
          step |= HAS_SYMBOL;
          SYMBOLS[index] = at - LEAF;
        }
        at = 0;
      }
      STEPS[index] = step | at;
    }
  }
  let node = 0;
  for (let bits = 0; bits <= MAX_PADDING_BITS; bits++) {
    MAY_END[node] = 1;
    node = children[(node << 1) | 1] ?? 0;
  }
}
