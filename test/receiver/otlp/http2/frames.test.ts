import { constants } from 'node:http2';
import { expect, test } from 'vitest';
import * as frames from '../../../../src/receiver/otlp/http2/frames.ts';

/** The other tests take their numbers from the code: here they are held against the standard's. */

test('types are numbered in the order of RFC 9113, section 6', () => {
  const { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION } = frames;
  const types = [DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION];
  expect(types).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('flags, settings, codes and limits are those of nghttp2', () => {
  expect(constants).toMatchObject({
    NGHTTP2_FLAG_ACK: frames.ACK,
    NGHTTP2_FLAG_END_STREAM: frames.END_STREAM,
    NGHTTP2_FLAG_END_HEADERS: frames.END_HEADERS,
    NGHTTP2_FLAG_PADDED: frames.PADDED,
    NGHTTP2_FLAG_PRIORITY: frames.WITH_PRIORITY,
    NGHTTP2_SETTINGS_HEADER_TABLE_SIZE: frames.HEADER_TABLE_SIZE,
    NGHTTP2_SETTINGS_ENABLE_PUSH: frames.ENABLE_PUSH,
    NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS: frames.MAX_CONCURRENT_STREAMS,
    NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE: frames.INITIAL_WINDOW_SIZE,
    NGHTTP2_SETTINGS_MAX_FRAME_SIZE: frames.MAX_FRAME_SIZE,
    NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE: frames.MAX_HEADER_LIST_SIZE,
    NGHTTP2_NO_ERROR: frames.NO_ERROR,
    NGHTTP2_PROTOCOL_ERROR: frames.PROTOCOL_ERROR,
    NGHTTP2_FLOW_CONTROL_ERROR: frames.FLOW_CONTROL_ERROR,
    NGHTTP2_STREAM_CLOSED: frames.STREAM_CLOSED,
    NGHTTP2_FRAME_SIZE_ERROR: frames.FRAME_SIZE_ERROR,
    NGHTTP2_REFUSED_STREAM: frames.REFUSED_STREAM,
    NGHTTP2_CANCEL: frames.CANCEL,
    NGHTTP2_COMPRESSION_ERROR: frames.COMPRESSION_ERROR,
    NGHTTP2_ENHANCE_YOUR_CALM: frames.ENHANCE_YOUR_CALM,
    DEFAULT_SETTINGS_INITIAL_WINDOW_SIZE: frames.DEFAULT_WINDOW_BYTES,
    MAX_INITIAL_WINDOW_SIZE: frames.MAX_WINDOW_BYTES,
    MIN_MAX_FRAME_SIZE: frames.MAX_FRAME_BYTES,
  });
  expect(frames.PREFACE.toString('latin1')).toBe('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
});
