import { DATA, END_HEADERS, END_STREAM, FRAME_HEADER_BYTES, HEADERS, MAX_FRAME_BYTES } from '../../src/receiver/otlp/http2/frames.ts';

/**
 * The little of HTTP/2 (RFC 9113) that a gRPC client needs which sends prepared bytes: frames laid out once, with the
 * stream's number written in before each use. node:http2 costs as much a request as the servers that are measured here.
 *
 * ```
 *  frame      length 24 │ type 8 │ flags 8 │ stream 32 │ payload
 *  request    HEADERS │ DATA │ DATA │ … │ DATA with END_STREAM          DATA together: compressed 8 │ length 32 │ message
 * ```
 */

const MESSAGE_PREFIX_BYTES = 5;

export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
  writeFrameHeader(bytes, 0, payload.length, type, flags, stream);
  bytes.set(payload, FRAME_HEADER_BYTES);
  return bytes;
}

function writeFrameHeader(bytes: Buffer, at: number, length: number, type: number, flags: number, stream: number): void {
  bytes.writeUIntBE(length, at, 3);
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  bytes.writeUInt32BE(stream, at + 5);
}

/** A whole gRPC request as frames. */
export interface FramedRequest {
  readonly bytes: Buffer;
  /** Of the message alone. */
  readonly messageBytes: number;
  /** Where each frame begins; the last entry is the end of the last one. */
  readonly frameAt: readonly number[];
  /** Where the message's offsets given as `keep` are now. */
  readonly keptAt: Uint32Array;
}

/** Lays `message` out as frames. `keep` are starts of 16 bytes, in ascending order, that must stay in one piece. */
export function frameRequest(headers: Uint8Array, message: Uint8Array, isCompressed: boolean, keep: Uint32Array): FramedRequest {
  const prefix = Buffer.alloc(MESSAGE_PREFIX_BYTES);
  prefix[0] = isCompressed ? 1 : 0;
  prefix.writeUInt32BE(message.length, 1);
  const body = Buffer.concat([prefix, message]);
  const parts = [frame(HEADERS, END_HEADERS, 0, headers)];
  const frameAt = [0];
  let at = FRAME_HEADER_BYTES + headers.length;
  const keptAt = new Uint32Array(keep.length);
  let kept = 0;
  for (let from = 0; from < body.length; ) {
    let to = Math.min(from + MAX_FRAME_BYTES, body.length);
    frameAt.push(at);
    for (; kept < keep.length; kept++) {
      const offset = MESSAGE_PREFIX_BYTES + keep[kept]!;
      if (offset >= to) break;
      if (offset + 16 > to) {
        to = offset;
        break;
      }
      keptAt[kept] = at + FRAME_HEADER_BYTES + offset - from;
    }
    parts.push(frame(DATA, to === body.length ? END_STREAM : 0, 0, body.subarray(from, to)));
    at += FRAME_HEADER_BYTES + to - from;
    from = to;
  }
  return { bytes: Buffer.concat(parts), messageBytes: message.length, frameAt: [...frameAt, at], keptAt };
}

/** Writes the stream's number into all frames of a request. */
export function setStream(bytes: Buffer, frameAt: readonly number[], stream: number): void {
  for (let i = 0; i + 1 < frameAt.length; i++) bytes.writeUInt32BE(stream, frameAt[i]! + 5);
}

/**
 * Headers of a gRPC call (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md) as an HPACK block that no table
 * remembers, so that it is the same for every request.
 */
export function grpcHeaders(path: string, authority: string, encoding: 'gzip' | undefined): Buffer {
  const POST = 0x83;
  const HTTP = 0x86;
  const headers = [
    Buffer.from([POST, HTTP]),
    literal(':path', path),
    literal(':authority', authority),
    literal('content-type', 'application/grpc'),
    literal('te', 'trailers'),
    ...(encoding === undefined ? [] : [literal('grpc-encoding', encoding)]),
  ];
  return Buffer.concat(headers);
}

/** RFC 7541, section 6.2.2: a literal without indexing. Each string is shorter than 127 bytes. */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)]);
}
