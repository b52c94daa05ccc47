import type { Socket } from 'node:net';
import { FrameWriter } from './frame-writer.ts';

/** When a client leaves so much unread, it is not read either. */
const MAX_UNSENT_BYTES = 1024 * 1024;

/**
 * The writing side of a connection. What is written in one turn of the event loop leaves together: a write to a socket costs
 * as much as several small requests.
 */
export class FrameOutput {
  readonly frames = new FrameWriter();
  readonly #socket: Socket;
  #isReading = false;
  #isFlushScheduled = false;
  readonly #flush = (): void => this.flush();

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('drain', () => socket.resume());
  }

  /** Whether the system has taken all that was written before this turn. */
  get isDrained(): boolean {
    return this.#socket.writableLength === 0;
  }

  /** Something has been written to `frames`. */
  written(): void {
    if (this.#isFlushScheduled || this.#isReading) return;
    this.#isFlushScheduled = true;
    process.nextTick(this.#flush);
  }

  /** What a client has sent is about to be read, and everything in it may have an answer. */
  readingBegins(): void {
    this.#isReading = true;
  }

  readingEnds(): void {
    this.#isReading = false;
    if (this.#isFlushScheduled || this.frames.isEmpty) return;
    this.#isFlushScheduled = true;
    // Behind the microtasks in which requests are answered that need not wait.
    queueMicrotask(this.#flush);
  }

  flush(): void {
    this.#isFlushScheduled = false;
    if (this.frames.isEmpty) return;
    const bytes = this.frames.take();
    // The connection may have ended meanwhile, by us or by the client.
    if (!this.#socket.writable) return;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) this.#socket.pause();
  }

  /** Sends what is left, then says that no more comes. */
  end(): void {
    this.flush();
    this.#socket.end();
  }
}
