import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** Several frames of the largest size, and few enough that connections take turns soon. */
const BUFFER_BYTES = 128 * 1024;

/**
 * A socket that always has more is left for the others, and for decisions, after so many full buffers; libuv would go on for 32.
 * With 16 requests of 512 spans always in flight a turn of the event loop took up to 80 ms (bench, soak).
 */
const FULL_BUFFERS_A_TURN = 2;

/** Takes `bytes[0, size)`, which are lent for the time of the call. */
export type OnRead = (bytes: Uint8Array, size: number) => void;

/**
 * Where all sockets are read into, one after the other. Node makes a buffer for each read, which by their sheer bytes make
 * V8 collect the whole heap ten times a second: a third of all that a busy receiver does (bench, otlp receiver at 512
 * spans a request).
 */
const shared = Buffer.allocUnsafeSlow(BUFFER_BYTES);

/**
 * Hands what comes on `socket` to `onRead`; `pause` and `resume` work as ever.
 *
 * That a socket is read into a buffer of one's own, Node allows its clients (`onread` of `net.connect`) and not its servers:
 * it is done here as `net.Socket` itself does it, and where its insides are different, every read has its own buffer.
 */
export function readSocket(socket: Socket, onRead: OnRead): void {
  if (!readsInto(socket, shared, onRead)) socket.on('data', (bytes: Buffer) => onRead(bytes, bytes.length));
  socket.resume();
}

/** Whether the private API was there and is in use. */
export function readsInto(socket: Socket, buffer: Buffer, onRead: OnRead): boolean {
  if (socket instanceof TLSSocket) return false;
  const { _handle: handle } = socket as unknown as { _handle?: { useUserBuffer?: unknown } | null };
  const symbols = Object.getOwnPropertySymbols(socket);
  const bufferKey = symbols.find(({ description }) => description === 'kBuffer');
  const callbackKey = symbols.find(({ description }) => description === 'kBufferCb');
  if (typeof handle?.useUserBuffer !== 'function' || bufferKey === undefined || callbackKey === undefined) return false;
  let fullBuffers = 0;
  Object.assign(socket, {
    [bufferKey]: buffer,
    [callbackKey]: (size: number, bytes: Uint8Array) => {
      onRead(bytes, size);
      fullBuffers = size < buffer.length ? 0 : fullBuffers + 1;
      if (fullBuffers < FULL_BUFFERS_A_TURN) return true;
      fullBuffers = 0;
      setImmediate(goOn, socket);
      // Node stops reading.
      return false;
    },
  });
  handle.useUserBuffer(buffer);
  return true;
}

function goOn(socket: Socket): void {
  if (!socket.isPaused()) socket.resume();
}
