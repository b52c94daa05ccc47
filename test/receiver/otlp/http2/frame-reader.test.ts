import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameReader, type FrameSink } from '../../../../src/receiver/otlp/http2/frame-reader.ts';
import { ConnectionError, DATA, END_HEADERS, END_STREAM, FRAME_SIZE_ERROR, HEADERS, MAX_FRAME_BYTES, PADDED, PING, PREFACE, PROTOCOL_ERROR } from '../../../../src/receiver/otlp/http2/frames.ts';
import { holds } from '../../../support/property.ts';
import { frame } from './raw-connection.ts';

/** Writes down what a reader finds; the parts of a DATA frame, which depend on the reads, are one. */
class Notes implements FrameSink {
  readonly lines: string[] = [];
  #data = Buffer.alloc(0);

  takeFrame(type: number, flags: number, stream: number, bytes: Uint8Array, from: number, to: number): void {
    this.lines.push(`type ${type} flags ${flags} stream ${stream}: ${Buffer.from(bytes.subarray(from, to)).toString('hex')}`);
  }

  beginData(stream: number, size: number, isEndOfStream: boolean): void {
    this.lines.push(`data of ${size} on ${stream}${isEndOfStream ? ', the last' : ''}`);
    this.#data = Buffer.alloc(0);
  }

  takeData(bytes: Uint8Array, from: number, to: number): void {
    if (to <= from) throw new Error('a part of nothing');
    this.#data = Buffer.concat([this.#data, bytes.subarray(from, to)]);
  }

  endData(): void {
    this.lines.push(`is ${this.#data.toString('hex')}`);
  }
}

/** What a reader makes of reads of these sizes, the last one of all the rest, and the error with which it ends. */
function read(bytes: Buffer, sizes: readonly number[] = []): string[] {
  const notes = new Notes();
  const reader = new FrameReader(notes);
  // What a read brought is lent for the time of the call: it is overwritten after it.
  const lent = Buffer.alloc(bytes.length + 1);
  try {
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const size = Math.min(sizes[i] ?? bytes.length, bytes.length - at);
      bytes.copy(lent, 0, at, at + size);
      reader.read(lent, size);
      lent.fill(0xee);
      at += size;
    }
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    notes.lines.push(`error ${error.code}: ${error.message}`);
  }
  return notes.lines;
}

function paddedData(stream: number, content: Uint8Array, padding: number, flags = 0): Buffer {
  return frame(DATA, flags | PADDED, stream, Buffer.concat([Buffer.of(padding), content, Buffer.alloc(padding)]));
}

const frames = fc
  .record({
    type: fc.oneof({ weight: 3, arbitrary: fc.constant(DATA) }, { weight: 2, arbitrary: fc.integer({ min: 1, max: 12 }) }),
    flags: fc.integer({ min: 0, max: 255 }),
    stream: fc.integer({ min: 0, max: 0x7fff_ffff }),
    content: fc.uint8Array({ maxLength: 40 }),
    padding: fc.integer({ min: 0, max: 20 }),
  })
  .map(({ type, flags, stream, content, padding }) =>
    type === DATA && (flags & PADDED) !== 0 ? paddedData(stream, content, padding, flags) : frame(type, flags, stream, content),
  );

const reads = fc.array(fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 60 })), { maxLength: 400 });

test('however the bytes are cut into reads, the frames are the same', () => {
  const streams = fc.array(frames, { maxLength: 12 }).map((list) => Buffer.concat([PREFACE, ...list]));
  holds(
    fc.property(streams, reads, (bytes, sizes) => {
      expect(read(bytes, sizes)).toEqual(read(bytes));
    }),
    500,
  );
});

test('bytes that are no frames are refused with the same words, however they are cut', () => {
  const damaged = fc
    .record({ list: fc.array(frames, { minLength: 1, maxLength: 6 }), at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }), end: fc.nat() })
    .map(({ list, at, byte, end }) => {
      const bytes = Buffer.concat([PREFACE, ...list]);
      bytes[at % bytes.length] = byte;
      return bytes.subarray(0, end % 3 === 0 ? end % bytes.length : bytes.length);
    });
  holds(
    fc.property(damaged, reads, (bytes, sizes) => {
      expect(read(Buffer.from(bytes), sizes)).toEqual(read(Buffer.from(bytes)));
    }),
    500,
  );
});

test('every boundary within every part of a frame', () => {
  const bytes = Buffer.concat([
    PREFACE,
    frame(HEADERS, END_HEADERS, 1, Buffer.from('abc')),
    frame(DATA, 0, 1),
    paddedData(1, Buffer.from('xyz'), 4),
    paddedData(1, Buffer.alloc(0), 2),
    frame(PING, 0, 0, Buffer.alloc(8, 7)),
    frame(DATA, END_STREAM, 1, Buffer.from('12')),
    frame(0x77, 0xff, 0),
  ]);
  const whole = read(bytes);
  expect(whole).toEqual([
    'type 1 flags 4 stream 1: 616263',
    'data of 0 on 1',
    'is ',
    'data of 8 on 1',
    'is 78797a',
    'data of 3 on 1',
    'is ',
    'type 6 flags 0 stream 0: 0707070707070707',
    'data of 2 on 1, the last',
    'is 3132',
    'type 119 flags 255 stream 0: ',
  ]);
  for (let cut = 1; cut < bytes.length; cut++) expect(read(bytes, [cut])).toEqual(whole);
  expect(read(bytes, Array.from({ length: bytes.length }, () => 1))).toEqual(whole);
});

test('what is complete is told at once, and of what is not the part that came', () => {
  const notes = new Notes();
  const parts: string[] = [];
  notes.takeData = (bytes, from, to) => void parts.push(Buffer.from(bytes.subarray(from, to)).toString());
  const reader = new FrameReader(notes);
  const bytes = Buffer.concat([PREFACE, frame(DATA, 0, 1, Buffer.from('abcdef')), frame(HEADERS, 0, 1, Buffer.from('gh'))]);
  reader.read(bytes, PREFACE.length + 9 + 2);
  expect(parts).toEqual(['ab']);
  reader.read(bytes.subarray(PREFACE.length + 9 + 2), 4 + 9);
  expect(parts).toEqual(['ab', 'cdef']);
  expect(notes.lines).toEqual(['data of 6 on 1', 'is ']);
  reader.read(bytes.subarray(bytes.length - 2), 2);
  expect(notes.lines.at(-1)).toBe('type 1 flags 0 stream 1: 6768');
});

test('the reserved bit of a stream means nothing', () => {
  const bytes = Buffer.concat([PREFACE, frame(DATA, 0, 0xffff_ffff, Buffer.of(1)), frame(HEADERS, 0, 0x8000_0001)]);
  expect(read(bytes)).toEqual(['data of 1 on 2147483647', 'is 01', 'type 1 flags 0 stream 1: ']);
});

test.each([
  ['no preface', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\rX'), PROTOCOL_ERROR],
  ['HTTP/1.1', Buffer.from('PUT / HTTP/1.1\r\n'), PROTOCOL_ERROR],
  ['more content than a frame may have', Buffer.concat([PREFACE, frame(HEADERS, 0, 1, Buffer.alloc(MAX_FRAME_BYTES + 1))]), FRAME_SIZE_ERROR],
  ['more data than a frame may have', Buffer.concat([PREFACE, frame(DATA, 0, 1, Buffer.alloc(MAX_FRAME_BYTES + 1))]), FRAME_SIZE_ERROR],
  ['padding without its length', Buffer.concat([PREFACE, frame(DATA, PADDED, 1)]), FRAME_SIZE_ERROR],
  ['padding as long as the frame', Buffer.concat([PREFACE, frame(DATA, PADDED, 1, Buffer.of(3, 0, 0))]), PROTOCOL_ERROR],
])('%s is an error of the connection', (_what, bytes, code) => {
  expect(read(bytes).at(-1)).toContain(`error ${code}: `);
});

test('a frame of the largest size, and padding that is all of it', () => {
  const largest = Buffer.alloc(MAX_FRAME_BYTES, 5);
  expect(read(Buffer.concat([PREFACE, frame(DATA, 0, 1, largest)]))).toEqual(['data of 16384 on 1', `is ${largest.toString('hex')}`]);
  expect(read(Buffer.concat([PREFACE, paddedData(1, Buffer.alloc(0), 255)]))).toEqual(['data of 256 on 1', 'is ']);
});
