import { expect, test } from 'vitest';
import { FrameReader, type FrameSink } from '../../../../src/receiver/otlp/http2/frame-reader.ts';
import { FrameWriter } from '../../../../src/receiver/otlp/http2/frame-writer.ts';
import { ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS, WINDOW_UPDATE } from '../../../../src/receiver/otlp/http2/frames.ts';
import { frame, uint32 } from './raw-connection.ts';

test('each frame as RFC 9113 draws it, all in one buffer', () => {
  const writer = new FrameWriter();
  writer.settings([[4, 0xffff_ffff], [6, 1]]);
  writer.settingsAck();
  writer.headers(1, Buffer.from('block'), false);
  writer.data(1, Buffer.from('-content-'), 1, 8);
  writer.headers(0x7fff_ffff, Buffer.from('trailers'), true);
  writer.ping(true, Buffer.from('12345678'));
  writer.rstStream(3, 8);
  writer.windowUpdate(0, 0x7fff_ffff);
  writer.goaway(5, 11, 'grüße');
  expect(writer.take()).toEqual(
    Buffer.concat([
      frame(SETTINGS, 0, 0, Buffer.from('0004ffffffff000600000001', 'hex')),
      frame(SETTINGS, ACK, 0),
      frame(HEADERS, END_HEADERS, 1, Buffer.from('block')),
      frame(DATA, 0, 1, Buffer.from('content')),
      frame(HEADERS, END_HEADERS | END_STREAM, 0x7fff_ffff, Buffer.from('trailers')),
      frame(PING, ACK, 0, Buffer.from('12345678')),
      frame(RST_STREAM, 0, 3, uint32(8)),
      frame(WINDOW_UPDATE, 0, 0, uint32(0x7fff_ffff)),
      frame(GOAWAY, 0, 0, Buffer.concat([uint32(5, 11), Buffer.from('grüße')])),
    ]),
  );
});

test('what was taken is not written over', () => {
  const writer = new FrameWriter();
  const taken: Buffer[] = [];
  const expected: Buffer[] = [];
  for (let i = 0; i < 100; i++) {
    expect(writer.isEmpty).toBe(true);
    const content = Buffer.alloc(i * 50, i);
    writer.data(1, content, 0, content.length);
    writer.rstStream(i, i);
    expect(writer.isEmpty).toBe(false);
    taken.push(writer.take());
    expected.push(Buffer.concat([frame(DATA, 0, 1, content), frame(RST_STREAM, 0, i, uint32(i))]));
  }
  expect(taken.map((bytes, i) => bytes.equals(expected[i]!))).toEqual(taken.map(() => true));
});

test.each([0, 1, 16_383, 16_384, 16_385, 32_768, 32_769, 100_000])('a block of %i bytes in frames of at most 16 KiB', (size) => {
  const block = Buffer.from(Array.from({ length: size }, (_, i) => i & 0xff));
  const writer = new FrameWriter();
  writer.headers(1, block, true);
  const parts: { type: number; flags: number; content: Buffer }[] = [];
  const sink: Partial<FrameSink> = {
    takeFrame: (type, flags, _stream, bytes, from, to) => void parts.push({ type, flags, content: Buffer.from(bytes.subarray(from, to)) }),
  };
  const reader = new FrameReader(sink as FrameSink);
  const bytes = Buffer.concat([PREFACE, writer.take()]);
  // Larger frames than these the reader refuses.
  reader.read(bytes, bytes.length);
  expect(Buffer.concat(parts.map(({ content }) => content)).equals(block)).toBe(true);
  expect(parts.map(({ type }) => type)).toEqual([HEADERS, ...Array.from({ length: parts.length - 1 }, () => CONTINUATION)]);
  expect(parts.length).toBe(Math.max(1, Math.ceil(size / 16_384)));
  expect(parts.map(({ flags }) => (flags & END_HEADERS) !== 0)).toEqual(parts.map((_, i) => i === parts.length - 1));
  expect(parts[0]!.flags & END_STREAM).toBe(END_STREAM);
});
