import { connect, type Socket } from 'node:net';
import {
  ACK,
  DATA,
  DEFAULT_WINDOW_BYTES,
  END_STREAM,
  FRAME_HEADER_BYTES,
  GOAWAY,
  HEADERS,
  HEADER_TABLE_SIZE,
  INITIAL_WINDOW_SIZE,
  PING,
  PREFACE,
  RST_STREAM,
  SETTINGS,
  SETTING_BYTES,
  WINDOW_UPDATE,
} from '../../src/receiver/otlp/http2/frames.ts';
import { frame, setStream, type FramedRequest } from './http2-frames.ts';

/** The HPACK tables are off, so that nothing has to be remembered of what the server sends. */
const OUR_SETTINGS = Buffer.from([0, HEADER_TABLE_SIZE, 0, 0, 0, 0]);

/** Called once, when the server has answered; `isOk` says whether it took the request. */
export type OnAnswer = (isOk: boolean) => void;

interface Call {
  readonly request: FramedRequest;
  readonly stream: number;
  readonly onAnswer: OnAnswer;
  nextFrame: number;
  window: number;
  hasMessage: boolean;
}

/**
 * One connection that sends framed requests as far as the server's flow control lets it. Answers are told apart by a
 * property of unary gRPC: an answer carries a message exactly when its status is OK, so that trailers need no decoding.
 */
export class GrpcConnection {
  readonly #socket: Socket;
  readonly #calls = new Map<number, Call>();
  /** Calls that wait for the windows, in the order of their start. */
  readonly #blocked = new Set<Call>();
  readonly #onFailure: (error: Error) => void;
  #nextStream = 1;
  #window = DEFAULT_WINDOW_BYTES;
  #streamWindow = DEFAULT_WINDOW_BYTES;
  #received: Buffer = Buffer.alloc(0);
  /** Bytes of answers read and not yet given back to the server's window. */
  #unreported = 0;
  #isClosed = false;

  private constructor(socket: Socket, onFailure: (error: Error) => void) {
    this.#socket = socket;
    this.#onFailure = onFailure;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
    socket.write(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0, OUR_SETTINGS)]));
  }

  /** `onFailure` is called when the connection ends before `close`; its calls are then never answered. */
  static async open(host: string, port: number, onFailure: (error: Error) => void): Promise<GrpcConnection> {
    const socket = await new Promise<Socket>((resolve, reject) => {
      const opening = connect(port, host, () => resolve(opening));
      opening.once('error', reject);
    });
    return new GrpcConnection(socket, onFailure);
  }

  /** The request's bytes are written to (the stream's number) and must not change until `onAnswer`. */
  send(request: FramedRequest, onAnswer: OnAnswer): void {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    setStream(request.bytes, request.frameAt, stream);
    const call: Call = { request, stream, onAnswer, nextFrame: 0, window: this.#streamWindow, hasMessage: false };
    this.#calls.set(stream, call);
    this.#write(call);
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  /** Sends as many of the call's frames as both windows have room for, in one write. */
  #write(call: Call): void {
    const { bytes, frameAt } = call.request;
    const from = frameAt[call.nextFrame]!;
    const last = frameAt.length - 1;
    while (call.nextFrame < last) {
      const isHeaders = call.nextFrame === 0;
      const size = isHeaders ? 0 : frameAt[call.nextFrame + 1]! - frameAt[call.nextFrame]! - FRAME_HEADER_BYTES;
      if (size > this.#window || size > call.window) break;
      this.#window -= size;
      call.window -= size;
      call.nextFrame++;
    }
    const to = frameAt[call.nextFrame]!;
    if (to > from) this.#socket.write(bytes.subarray(from, to));
    if (call.nextFrame < last) this.#blocked.add(call);
    else this.#blocked.delete(call);
  }

  #writeBlocked(): void {
    for (const call of this.#blocked) this.#write(call);
  }

  #receive(bytes: Buffer): void {
    // What the answers in one read let go on is one write: the load generator is not to be the bottleneck.
    this.#socket.cork();
    this.#takeFrames(this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]));
    if (this.#blocked.size > 0) this.#writeBlocked();
    this.#socket.uncork();
  }

  #takeFrames(all: Buffer): void {
    let at = 0;
    while (all.length - at >= FRAME_HEADER_BYTES) {
      const end = at + FRAME_HEADER_BYTES + all.readUIntBE(at, 3);
      if (end > all.length) break;
      const stream = all.readUInt32BE(at + 5) & 0x7fff_ffff;
      this.#takeFrame(all[at + 3]!, all[at + 4]!, stream, all.subarray(at + FRAME_HEADER_BYTES, end));
      at = end;
    }
    this.#received = all.subarray(at);
  }

  #takeFrame(type: number, flags: number, stream: number, payload: Buffer): void {
    const call = this.#calls.get(stream);
    switch (type) {
      case DATA:
        if (call !== undefined && payload.length > 0) call.hasMessage = true;
        this.#giveBack(payload.length);
        if ((flags & END_STREAM) !== 0) this.#answer(call);
        break;
      case HEADERS:
        if ((flags & END_STREAM) !== 0) this.#answer(call);
        break;
      case RST_STREAM:
        this.#answer(call);
        break;
      case SETTINGS:
        if ((flags & ACK) === 0) this.#takeSettings(payload);
        break;
      case PING:
        if ((flags & ACK) === 0) this.#socket.write(frame(PING, ACK, 0, payload));
        break;
      case GOAWAY:
        this.#fail(new Error('the server sent GOAWAY'));
        break;
      case WINDOW_UPDATE:
        if (stream === 0) this.#window += payload.readUInt32BE(0);
        else if (call !== undefined) call.window += payload.readUInt32BE(0);
        break;
      default:
    }
  }

  #takeSettings(payload: Buffer): void {
    for (let at = 0; at + SETTING_BYTES <= payload.length; at += SETTING_BYTES) {
      if (payload.readUInt16BE(at) !== INITIAL_WINDOW_SIZE) continue;
      const size = payload.readUInt32BE(at + 2);
      for (const call of this.#calls.values()) call.window += size - this.#streamWindow;
      this.#streamWindow = size;
    }
    this.#socket.write(frame(SETTINGS, ACK, 0, new Uint8Array(0)));
  }

  /** Answers are a few bytes, yet they count: a server that is told of none stops after 64 KiB of them. */
  #giveBack(size: number): void {
    this.#unreported += size;
    if (this.#unreported < DEFAULT_WINDOW_BYTES / 2) return;
    this.#socket.write(frame(WINDOW_UPDATE, 0, 0, uint32(this.#unreported)));
    this.#unreported = 0;
  }

  #answer(call: Call | undefined): void {
    if (call === undefined) return;
    this.#calls.delete(call.stream);
    this.#blocked.delete(call);
    call.onAnswer(call.hasMessage);
  }

  #fail(error: Error): void {
    if (this.#isClosed) return;
    this.close();
    this.#onFailure(error);
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
