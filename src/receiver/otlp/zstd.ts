import { Decompress, decompress } from 'fzstd';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';

/**
 * Content-Encoding zstd (RFC 8878). Node.js has it from 22.15 on; before that a decoder in JavaScript does, behind a look at
 * what the frames ask for, since it allocates whatever they declare.
 */

/** The windows that RFC 8878, section 3.1.1.1.2, wants every decoder to take. */
const MAX_WINDOW_BYTES = 8 * 1024 * 1024;

const FRAME_MAGIC = 0xfd2fb528;
/** The lowest four bits may be any. */
const SKIPPABLE_MAGIC = 0x184d2a50;

type Native = (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Uint8Array>;

const native: Native | undefined =
  'zstdDecompress' in zlib ? (promisify(zlib.zstdDecompress as (...args: unknown[]) => void) as Native) : undefined;

/** Gives what was compressed; a RangeError when that is more than `maxBytes`, any other when `bytes` are no zstd. */
export async function zstdDecompress(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  return native === undefined ? zstdDecompressInJavaScript(bytes, maxBytes) : native(bytes, { maxOutputLength: maxBytes });
}

/** The same without Node.js' own; synchronous. */
export function zstdDecompressInJavaScript(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const declaredBytes = declaredSize(bytes);
  if (declaredBytes !== undefined) {
    if (declaredBytes > maxBytes) throw tooLarge(maxBytes);
    return decompress(bytes);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  const stream = new Decompress((chunk) => {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  });
  stream.push(bytes, true);
  return Buffer.concat(chunks);
}

/**
 * What all frames together hold by their own account; undefined when one does not say, and then no window is larger than
 * MAX_WINDOW_BYTES.
 *
 * ```
 * frame      magic 4   descriptor 1   [window 1]   [dictionary 0–4]   [content size 0–8]   block*   [checksum 4]
 * block      header 3: last 1 bit, type 2 bits, size 21 bits          content: 1 byte for a run, else size
 * skippable  magic 4   size 4         content
 * ```
 */
function declaredSize(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let total = 0;
  let isComplete = true;
  let at = 0;
  while (at < bytes.length) {
    const magic = view.getUint32(at, true);
    if (magic >>> 4 === SKIPPABLE_MAGIC >>> 4) {
      at += 8 + view.getUint32(at + 4, true);
      continue;
    }
    if (magic !== FRAME_MAGIC) throw new Error('no zstd frame');
    const descriptor = view.getUint8(at + 4);
    const isSingleSegment = (descriptor & 0x20) !== 0;
    at += 5;
    if (!isSingleSegment) {
      const window = view.getUint8(at++);
      const base = 2 ** (10 + (window >> 3));
      if (base + (base / 8) * (window & 7) > MAX_WINDOW_BYTES) throw new Error('the zstd window is larger than 8 MiB');
    }
    const dictionaryFlag = descriptor & 3;
    at += dictionaryFlag === 3 ? 4 : dictionaryFlag;
    const sizeFlag = descriptor >> 6;
    if (sizeFlag === 0 && !isSingleSegment) isComplete = false;
    else total += contentSize(view, at, sizeFlag);
    at += sizeFlag === 0 ? Number(isSingleSegment) : 2 ** sizeFlag;
    at = endOfBlocks(view, at) + ((descriptor & 4) === 0 ? 0 : 4);
  }
  return isComplete ? total : undefined;
}

function contentSize(view: DataView, at: number, sizeFlag: number): number {
  switch (sizeFlag) {
    case 0:
      return view.getUint8(at);
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}

function endOfBlocks(view: DataView, start: number): number {
  let at = start;
  for (;;) {
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    const isRun = ((header >> 1) & 3) === 1;
    at += 3 + (isRun ? 1 : header >> 3);
    if ((header & 1) === 1) return at;
  }
}

function tooLarge(maxBytes: number): RangeError {
  return Object.assign(new RangeError(`more than ${maxBytes} bytes`), { code: 'ERR_BUFFER_TOO_LARGE' });
}
