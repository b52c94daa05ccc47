/** zstd frames made by hand (RFC 8878, section 3.1.1), since Node.js 20 cannot make any. */

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

/** One raw block, its size declared. */
export function storedFrame(bytes: Uint8Array): Buffer {
  const header = Buffer.from([...MAGIC, 0xa0, 0, 0, 0, 0]);
  header.writeUInt32LE(bytes.length, 5);
  return Buffer.concat([header, blockHeader(bytes.length, 0, true), bytes]);
}

/** `blocks` times `size` bytes of the same value in a few bytes, its size not declared. `windowLog` from 10 on. */
export function runFrame(size: number, blocks = 1, windowLog = 17): Buffer {
  const runs = Array.from({ length: blocks }, (_, i) => Buffer.concat([blockHeader(size, 1, i === blocks - 1), Buffer.from([0x61])]));
  return Buffer.concat([Buffer.from([...MAGIC, 0, (windowLog - 10) << 3]), ...runs]);
}

/** A frame that decoders pass over. */
export function skippableFrame(size: number): Buffer {
  const header = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
  header.writeUInt32LE(size, 4);
  return Buffer.concat([header, Buffer.alloc(size)]);
}

/** A frame that declares `size` bytes and holds none. */
export function boastfulFrame(size: bigint): Buffer {
  const header = Buffer.from([...MAGIC, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0]);
  header.writeBigUInt64LE(size, 5);
  return Buffer.concat([header, blockHeader(0, 0, true)]);
}

function blockHeader(size: number, type: 0 | 1, isLast: boolean): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE((size << 3) | (type << 1) | Number(isLast), 0, 3);
  return header;
}
