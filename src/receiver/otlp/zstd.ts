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

/** One frame of data, skippable ones left out. */
interface Frame {
  readonly bytes: Uint8Array;
  /** What it holds by its own account; undefined when it does not say. */
  readonly contentSize: number | undefined;
  /** What a decoder has to remember, bytes; for a frame of a single segment its content. */
  readonly windowSize: number;
}

/** Gives what was compressed; a RangeError when that is more than `maxBytes`, any other when `bytes` are no zstd. */
export async function zstdDecompress(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  if (native === undefined) return zstdDecompressInJavaScript(bytes, maxBytes);
  // Node.js stops after the first frame, even a skippable one, and says nothing of the rest.
  const contents: Uint8Array[] = [];
  let size = 0;
  for (const frame of framesOf(bytes)) {
    const content = await native(frame.bytes, { maxOutputLength: Math.max(1, maxBytes - size) });
    size += content.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    contents.push(content);
  }
  return onlyOrJoined(contents);
}

/** The same without Node.js' own; synchronous. */
export function zstdDecompressInJavaScript(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const contents: Uint8Array[] = [];
  let size = 0;
  const add = (content: Uint8Array) => {
    size += content.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    contents.push(content);
  };
  for (const frame of framesOf(bytes)) {
    if (frame.contentSize !== undefined) {
      if (frame.contentSize > maxBytes) throw tooLarge(maxBytes);
      add(decompress(frame.bytes));
    } else {
      if (frame.windowSize > MAX_WINDOW_BYTES) throw new Error('the zstd window is larger than 8 MiB');
      new Decompress(add).push(frame.bytes, true);
    }
  }
  return onlyOrJoined(contents);
}

function onlyOrJoined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
}

/**
 * Takes apart what came, without decoding it; throws when it ends within a frame.
 *
 * ```
 * frame      magic 4   descriptor 1   [window 1]   [dictionary 0–4]   [content size 0–8]   block*   [checksum 4]
 * block      header 3: last 1 bit, type 2 bits, size 21 bits          content: 1 byte for a run, else size
 * skippable  magic 4   size 4         content
 * ```
 */
function framesOf(bytes: Uint8Array): readonly Frame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: Frame[] = [];
  let at = 0;
  while (at < bytes.length) {
    const magic = view.getUint32(at, true);
    if (magic >>> 4 === SKIPPABLE_MAGIC >>> 4) {
      at += 8 + view.getUint32(at + 4, true);
    } else if (magic === FRAME_MAGIC) {
      const frame = frameAt(bytes, view, at);
      frames.push(frame);
      at += frame.bytes.length;
    } else {
      throw new Error('no zstd frame');
    }
    if (at > bytes.length) throw new Error('the last zstd frame is cut');
  }
  return frames;
}

function frameAt(bytes: Uint8Array, view: DataView, start: number): Frame {
  const descriptor = view.getUint8(start + 4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const hasChecksum = (descriptor & 4) !== 0;
  const dictionaryFlag = descriptor & 3;
  const sizeFlag = descriptor >> 6;
  const isSizeGiven = isSingleSegment || sizeFlag > 0;
  let at = start + 5;
  const window = isSingleSegment ? 0 : view.getUint8(at++);
  at += dictionaryFlag === 3 ? 4 : dictionaryFlag;
  const contentSize = isSizeGiven ? contentSizeAt(view, at, sizeFlag) : undefined;
  if (isSizeGiven) at += 2 ** sizeFlag;
  const end = endOfBlocks(view, at) + (hasChecksum ? 4 : 0);
  if (end > bytes.length) throw new Error('the last zstd frame is cut');
  const base = 2 ** (10 + (window >> 3));
  const windowSize = isSingleSegment ? (contentSize ?? 0) : base + (base / 8) * (window & 7);
  return { bytes: bytes.subarray(start, end), contentSize, windowSize };
}

function contentSizeAt(view: DataView, at: number, sizeFlag: number): number {
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
