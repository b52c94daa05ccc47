import { connect, type ClientHttp2Session } from 'node:http2';
import { onTestFinished } from 'vitest';
import { DATA, END_HEADERS, END_STREAM, HEADERS, RST_STREAM, WINDOW_UPDATE } from '../../../../src/receiver/otlp/http2/frames.ts';
import { frame, headerBlock, uint32 } from './raw-connection.ts';

/** A request of HTTP/2 in frames, as a client writes it that may leave out anything. */

export const FIELDS = { ':method': 'POST', ':scheme': 'http', ':path': '/', ':authority': 'test' };
export const BLOCK = headerBlock(FIELDS);

export function headers(stream: number, flags = 0, block: Uint8Array = BLOCK): Buffer {
  return frame(HEADERS, END_HEADERS | flags, stream, block);
}

export function data(stream: number, content: string | Uint8Array, flags = 0): Buffer {
  return frame(DATA, flags, stream, typeof content === 'string' ? Buffer.from(content) : content);
}

export function trailers(stream: number, fields: Readonly<Record<string, string>> = { a: 'b' }, flags = END_STREAM): Buffer {
  return headers(stream, flags, headerBlock(fields));
}

/** A whole one. */
export function request(stream: number, content: string): Buffer {
  return Buffer.concat([headers(stream), data(stream, content, END_STREAM)]);
}

export function reset(stream: number, code: number): Buffer {
  return frame(RST_STREAM, 0, stream, uint32(code));
}

/** WINDOW_UPDATE; stream 0 is the connection. */
export function grow(stream: number, bytes: number): Buffer {
  return frame(WINDOW_UPDATE, 0, stream, uint32(bytes));
}

/** Node's own client, which keeps to all windows. */
export function nodeClient(port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  onTestFinished(() => session.destroy());
  return session;
}
