import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { gunzipSync } from 'node:zlib';

/** An empty message: not compressed, 0 bytes. */
const EMPTY_MESSAGE = Buffer.alloc(5);
const PREFIX_BYTES = 5;

const STREAM_WINDOW = 1 << 20;
const CONNECTION_WINDOW = 4 << 20;

/**
 * The least that answers unary gRPC calls on node:http2: every path, no deadlines, no status but OK. It is the sink, and
 * the yardstick of what grpc-js adds.
 */
export function grpcServer(onMessage: (message: Buffer) => void): Http2Server {
  const server = createServer({ settings: { initialWindowSize: STREAM_WINDOW } });
  server.on('session', (session) => session.setLocalWindowSize(CONNECTION_WINDOW));
  server.on('stream', (stream) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
    stream.on('error', () => undefined);
    stream.on('end', () => {
      onMessage(messageOf(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
      answer(stream);
    });
  });
  return server;
}

function messageOf(body: Buffer): Buffer {
  const message = body.subarray(PREFIX_BYTES);
  return body[0] === 0 ? message : gunzipSync(message);
}

function answer(stream: ServerHttp2Stream): void {
  if (stream.destroyed) return;
  stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(EMPTY_MESSAGE);
}
