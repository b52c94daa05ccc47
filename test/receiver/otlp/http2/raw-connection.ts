import { connect, type Socket } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import { ACK, DATA, END_STREAM, FRAME_HEADER_BYTES, GOAWAY, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS } from '../../../../src/receiver/otlp/http2/frames.ts';

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(FRAME_HEADER_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export function uint32(...values: number[]): Buffer {
  return Buffer.concat(values.map((value) => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value].map((byte) => byte & 0xff))));
}

/** Headers as an HPACK block that no table remembers (RFC 7541, section 6.2.2), each text shorter than 127 bytes. */
export function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  const text = (value: string): Buffer => Buffer.concat([Buffer.of(value.length), Buffer.from(value)]);
  return Buffer.concat(Object.entries(headers).map(([name, value]) => Buffer.concat([Buffer.of(0), text(name), text(value)])));
}

/** Cuts a stream of bytes, whose preface is passed over, into frames. */
class FrameCutter {
  readonly #take: (frame: Frame) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(take: (frame: Frame) => void) {
    this.#take = take;
  }

  take(bytes: Buffer): void {
    const all = Buffer.concat([this.#rest, bytes]);
    let at = all.subarray(0, PREFACE.length).equals(PREFACE) ? PREFACE.length : 0;
    while (all.length - at >= FRAME_HEADER_BYTES) {
      const end = at + FRAME_HEADER_BYTES + all.readUIntBE(at, 3);
      if (end > all.length) break;
      const payload = all.subarray(at + FRAME_HEADER_BYTES, end);
      this.#take({ type: all[at + 3]!, flags: all[at + 4]!, stream: all.readUInt32BE(at + 5), payload });
      at = end;
    }
    this.#rest = all.subarray(at);
  }
}

/** A client that may send anything and shows what comes, frame by frame. */
export class RawConnection {
  readonly frames: Frame[] = [];
  /** When the connection is closed, whoever closed it. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #received = new FrameCutter((received) => void this.frames.push(received));
  readonly #sent = new FrameCutter(({ type, flags }) => {
    if (type === SETTINGS && flags !== ACK) this.#settingsSent++;
  });
  #settingsSent = 0;

  /** `allowHalfOpen`: does not close when the server does. */
  constructor(port: number, { allowHalfOpen = false } = {}) {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen });
    this.#socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => this.#received.take(bytes));
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()));
    onTestFinished(() => void socket.destroy());
  }

  /** One that has begun as HTTP/2 clients do. */
  static open(port: number, options = {}): RawConnection {
    const connection = new RawConnection(port, options);
    connection.send(PREFACE, frame(SETTINGS, 0, 0));
    return connection;
  }

  get goawayCode(): number | undefined {
    return this.frames.findLast(({ type }) => type === GOAWAY)?.payload.readUInt32BE(4);
  }

  /** What the server said to explain it. */
  get goawayTexts(): string[] {
    return this.frames.filter(({ type }) => type === GOAWAY).map(({ payload }) => payload.subarray(8).toString());
  }

  get isClosed(): boolean {
    return this.#socket.closed;
  }

  framesOf(stream: number): Frame[] {
    return this.frames.filter((received) => received.stream === stream);
  }

  /** The content of an answer, as far as it has come. */
  contentOf(stream: number): Buffer {
    return Buffer.concat(this.framesOf(stream).flatMap(({ type, payload }) => (type === DATA ? [payload] : [])));
  }

  /** Whether an answer is complete. */
  isAnswered(stream: number): boolean {
    return this.framesOf(stream).some(({ type, flags }) => (type === HEADERS || type === DATA) && (flags & END_STREAM) !== 0);
  }

  /** Why the server reset a stream; undefined when it did not. */
  resetCodeOf(stream: number): number | undefined {
    return this.framesOf(stream).find(({ type }) => type === RST_STREAM)?.payload.readUInt32BE(0);
  }

  send(...frames: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(frames);
    this.#sent.take(bytes);
    this.#socket.write(bytes);
  }

  /** Resolves when the server has seen all that was sent before. */
  async settle(): Promise<void> {
    this.send(frame(SETTINGS, 0, 0));
    const answers = (): number => this.frames.filter(({ type, flags }) => type === SETTINGS && flags === ACK).length;
    await expect.poll(answers, { interval: 2 }).toBe(this.#settingsSent);
  }

  /** Reads no more, until `resume`. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Sends the same until the connection is closed, reading nothing. */
  flood(bytes: Uint8Array): void {
    this.#socket.pause();
    const more = (): void => {
      if (!this.#socket.destroyed) this.#socket.write(bytes, () => setImmediate(more));
    };
    more();
  }

  /** The answer to the server's last ping. */
  pong(): Buffer {
    const ping = this.frames.findLast(({ type, flags }) => type === PING && flags !== ACK);
    return frame(PING, ACK, 0, ping?.payload ?? Buffer.alloc(8));
  }

  /** Ends as a process does that is killed. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }
}
