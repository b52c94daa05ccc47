import { constants, performServerHandshake, type ServerHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Clock, TimerHandle } from '../../../internal/clock.ts';
import { GrpcCall, type GrpcCallOptions, type GrpcMethod } from './grpc-call.ts';

/**
 * The window of each stream and of the connection. HTTP/2's own 64 KiB make a sender wait for a round trip each time: 8 times
 * slower at 10 ms.
 */
const WINDOW_BYTES = 16 * 1024 * 1024;

/** Age differs by so much from connection to connection, lest all clients come again at once. */
const AGE_JITTER = 0.1;

/** When a connection is closed or asked whether it lives; undefined: never. Milliseconds. */
export interface ConnectionLimits {
  readonly maxConcurrentStreams: number | undefined;
  readonly maxIdleMs: number | undefined;
  readonly maxAgeMs: number | undefined;
  readonly maxAgeGraceMs: number | undefined;
  readonly pingAfterMs: number | undefined;
  readonly pingTimeoutMs: number;
}

export interface GrpcSessionOptions extends GrpcCallOptions {
  readonly methods: ReadonlyMap<string, GrpcMethod>;
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  readonly random: () => number;
}

/** One client's connection: HTTP/2 on a socket, its calls, and the times after which it is closed or asked whether it lives. */
export class GrpcSession {
  readonly #session: ServerHttp2Session;
  readonly #options: GrpcSessionOptions;
  readonly #timers = new Map<'age' | 'idle' | 'ping', TimerHandle>();
  #openCalls = 0;
  /** Whether anything came since the last look. */
  #isActive = true;

  constructor(socket: Duplex, options: GrpcSessionOptions) {
    this.#options = options;
    const { maxConcurrentStreams, maxAgeMs, maxIdleMs } = options.limits;
    this.#session = performServerHandshake(socket, {
      // Data is taken as it comes; node would refuse new calls of a connection on which large ones are under way.
      maxSessionMemory: Number.MAX_SAFE_INTEGER,
      settings: {
        initialWindowSize: WINDOW_BYTES,
        ...(maxConcurrentStreams === undefined ? {} : { maxConcurrentStreams }),
      },
    });
    this.#session.setLocalWindowSize(WINDOW_BYTES);
    this.#session.on('stream', (stream, headers) => {
      this.#callOpened();
      stream.on('close', this.#callClosed);
      GrpcCall.accept(stream, headers, options.methods, options);
    });
    // What a client does wrong on its connection ends that connection and nothing else.
    this.#session.on('error', () => this.#session.destroy());
    this.#session.on('close', () => this.#clearTimers());
    if (maxAgeMs !== undefined) this.#after('age', maxAgeMs * (1 + AGE_JITTER * (2 * options.random() - 1)), () => this.#growOld());
    if (maxIdleMs !== undefined) this.#after('idle', maxIdleMs, () => this.close());
    this.#pingLater();
  }

  get isClosed(): boolean {
    return this.#session.closed || this.#session.destroyed;
  }

  onClosed(callback: () => void): void {
    this.#session.on('close', callback);
  }

  /** Takes no more calls and closes when those under way have ended. */
  close(): void {
    if (!this.isClosed) this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
  }

  #callOpened(): void {
    this.#openCalls++;
    this.#isActive = true;
    this.#clear('idle');
  }

  readonly #callClosed = (): void => {
    const { maxIdleMs } = this.#options.limits;
    if (--this.#openCalls === 0 && maxIdleMs !== undefined && !this.isClosed) this.#after('idle', maxIdleMs, () => this.close());
  };

  #growOld(): void {
    this.close();
    const { maxAgeGraceMs } = this.#options.limits;
    if (maxAgeGraceMs !== undefined) this.#after('age', maxAgeGraceMs, () => this.destroy());
  }

  /** A connection on which nothing came for a while is asked whether it lives. */
  #pingLater(): void {
    const { pingAfterMs, pingTimeoutMs } = this.#options.limits;
    if (pingAfterMs === undefined) return;
    this.#after('ping', pingAfterMs, () => {
      if (this.#isActive) {
        this.#isActive = false;
        this.#pingLater();
        return;
      }
      this.#after('ping', pingTimeoutMs, () => this.#session.destroy(undefined, constants.NGHTTP2_NO_ERROR));
      this.#session.ping((error) => {
        if (error === null && !this.isClosed) this.#pingLater();
      });
    });
  }

  #after(name: 'age' | 'idle' | 'ping', delayMs: number, action: () => void): void {
    this.#clear(name);
    this.#timers.set(name, this.#options.clock.setTimer(action, delayMs));
  }

  #clear(name: 'age' | 'idle' | 'ping'): void {
    const timer = this.#timers.get(name);
    if (timer !== undefined) this.#options.clock.clearTimer(timer);
    this.#timers.delete(name);
  }

  #clearTimers(): void {
    for (const timer of this.#timers.values()) this.#options.clock.clearTimer(timer);
    this.#timers.clear();
  }
}
