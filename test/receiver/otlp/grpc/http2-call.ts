import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { connect } from 'node:http2';
import { onTestFinished } from 'vitest';
import { headerBlock } from '../http2/raw-connection.ts';

const EXPORT_PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** The headers of an `Export` for traces. */
export const EXPORT_HEADERS = headerBlock({
  ':method': 'POST',
  ':scheme': 'http',
  ':path': EXPORT_PATH,
  ':authority': 'test',
  'content-type': 'application/grpc',
  te: 'trailers',
});

/** How a call ended, from the client's side of bare HTTP/2. */
export interface Outcome {
  readonly httpStatus: number | undefined;
  /** `grpc-status`; undefined where there was none. */
  readonly status: number | undefined;
  /** `grpc-message` as it is on the wire. */
  readonly message: string | undefined;
  readonly body: Buffer;
  /** All that came in the first and, if there was one, the last block of headers. */
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders | undefined;
  readonly resetCode: number | undefined;
}

/** A connection that is ended with the test, whatever became of it. */
export function http2Session(port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  onTestFinished(() => session.destroy());
  return session;
}

/** A call of `Export` for traces that has sent its headers; `headers` replace what a client would send. */
export function openCall(session: ClientHttp2Session, headers: OutgoingHttpHeaders = {}): ClientHttp2Stream {
  const usual = { ':method': 'POST', ':path': EXPORT_PATH, 'content-type': 'application/grpc', te: 'trailers' };
  const stream = session.request({ ...usual, ...headers }, { endStream: false });
  stream.on('error', () => undefined);
  return stream;
}

export function outcomeOf(stream: ClientHttp2Stream): Promise<Outcome> {
  let headers: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders | undefined;
  const chunks: Buffer[] = [];
  stream.on('response', (received) => (headers = received));
  stream.on('trailers', (received) => (trailers = received));
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    stream.on('close', () => {
      const last = trailers ?? headers;
      resolve({
        httpStatus: headers[':status'] === undefined ? undefined : Number(headers[':status']),
        status: last['grpc-status'] === undefined ? undefined : Number(last['grpc-status']),
        message: last['grpc-message']?.toString(),
        body: Buffer.concat(chunks),
        headers,
        trailers,
        resetCode: stream.rstCode,
      });
    });
  });
}

/** One call from its headers to its end, its body sent in one frame. */
export function call(session: ClientHttp2Session, body: Uint8Array, headers: OutgoingHttpHeaders = {}): Promise<Outcome> {
  const stream = openCall(session, headers);
  const outcome = outcomeOf(stream);
  stream.end(body);
  return outcome;
}

/** The prefix of a message, and what of the message is given. */
export function prefixed(message: Uint8Array, { flag = 0, length = message.length } = {}): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}
