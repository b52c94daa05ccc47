import type { Socket } from 'node:net';
import type { TimerHandle } from '../../../internal/clock.ts';
import { ENHANCE_YOUR_CALM } from '../http2/frames.ts';
import type { HeaderList } from '../http2/hpack-decoder.ts';
import { Http2Connection, type ConnectionHandler } from '../http2/http2-connection.ts';
import type { Http2Stream } from '../http2/http2-stream.ts';
import { GrpcCall, type CallOwner, type GrpcCallOptions } from './grpc-call.ts';
import { PingPolicy, type PingLimits } from './ping-policy.ts';

/**
 * The window of each stream and of the connection. HTTP/2's own 64 KiB make a sender wait for a round trip each time: 8 times
 * slower at 10 ms.
 */
const WINDOW_BYTES = 16 * 1024 * 1024;

/** Age differs by so much from connection to connection, lest all clients come again at once. */
const AGE_JITTER = 0.1;

/** Until then a client has to have said that it speaks HTTP/2. */
const HANDSHAKE_MS = 120_000;

/** How often calls are looked at whose clients gave a time. */
const DEADLINE_TICK_MS = 100;

/** So long a client may take to answer that it knows of the end: the way there and back, and then it sends no more calls. */
const DRAIN_MS = 1000;

/**
 * So long a connection on which all is said waits for the client to close it: what the client has sent meanwhile would
 * else make the system break it off, and the client would lose the last answers and GOAWAY with it.
 */
const LINGER_MS = 1000;

/** What clients look for in GOAWAY; they ping less often then. */
const TOO_MANY_PINGS = 'too_many_pings';

/** When a connection is closed or asked whether it lives; undefined: never. Milliseconds. */
export interface ConnectionLimits {
  readonly maxConcurrentStreams: number | undefined;
  readonly maxIdleMs: number | undefined;
  readonly maxAgeMs: number | undefined;
  readonly maxAgeGraceMs: number | undefined;
  readonly pingAfterMs: number;
  readonly pingTimeoutMs: number;
  /** What clients may ping; undefined: as often as they want. */
  readonly pings: PingLimits | undefined;
}

export interface GrpcSessionOptions extends GrpcCallOptions {
  readonly limits: ConnectionLimits;
  readonly random: () => number;
}

type TimerName = 'handshake' | 'idle' | 'age' | 'ping' | 'deadlines' | 'linger';

/** One client's connection: its calls, and the times after which it is closed or asked whether it lives. */
export class GrpcSession implements CallOwner, ConnectionHandler {
  readonly #connection: Http2Connection;
  readonly #options: GrpcSessionOptions;
  readonly #onClosed: (session: GrpcSession) => void;
  readonly #pings: PingPolicy | undefined;
  readonly #calls = new Set<GrpcCall>();
  readonly #timers = new Map<TimerName, TimerHandle>();
  #isClosing = false;
  #isGone = false;

  /** `closed` is called once, when the connection is. */
  constructor(socket: Socket, options: GrpcSessionOptions, closed: (session: GrpcSession) => void) {
    this.#options = options;
    this.#onClosed = closed;
    const { maxConcurrentStreams, maxAgeMs, pings } = options.limits;
    if (pings !== undefined) this.#pings = new PingPolicy(pings);
    this.#connection = new Http2Connection(socket, this, options.clock, { windowBytes: WINDOW_BYTES, maxConcurrentStreams });
    this.#after('handshake', HANDSHAKE_MS, () => this.destroy());
    if (maxAgeMs !== undefined) this.#after('age', maxAgeMs * (1 + AGE_JITTER * (2 * options.random() - 1)), () => this.#growOld());
    this.#becomeIdle();
    this.#pingLater();
  }

  /**
   * Takes the calls that are under way, to the server as well, and no more; closes when they have ended
   * (RFC 9113, section 6.8).
   */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#clear('idle');
    if (this.#timers.has('handshake')) {
      this.#connection.close();
      return;
    }
    this.#connection.announceClose();
    this.#after('ping', DRAIN_MS, () => this.#refuseMore());
    this.#connection.ping(() => this.#refuseMore());
  }

  /** Breaks the connection off, whatever waits to be sent on it. */
  destroy(): void {
    this.#connection.destroy();
  }

  streamOpened(stream: Http2Stream, headers: HeaderList): GrpcCall {
    const call = new GrpcCall(stream, this.#options, this);
    this.#callOpened(call);
    call.begin(headers);
    if (call.deadlineMs !== Number.POSITIVE_INFINITY) this.#watchDeadlines();
    return call;
  }

  callClosed(call: GrpcCall): void {
    this.#calls.delete(call);
    this.#pings?.callAnswered();
    if (this.#calls.size === 0 && !this.#isClosing) this.#becomeIdle();
  }

  settingsReceived(): void {
    this.#clear('handshake');
  }

  pingReceived(): void {
    if (this.#pings === undefined || this.#pings.allows(this.#options.clock.monotonic(), this.#calls.size > 0)) return;
    this.#connection.fail(ENHANCE_YOUR_CALM, TOO_MANY_PINGS);
  }

  connectionEnding(): void {
    this.#after('linger', LINGER_MS, () => this.destroy());
  }

  connectionClosed(): void {
    this.#isGone = true;
    this.#clearTimers();
    this.#onClosed(this);
  }

  #refuseMore(): void {
    this.#connection.close();
    this.#pingLater();
  }

  #callOpened(call: GrpcCall): void {
    this.#calls.add(call);
    this.#clear('idle');
  }

  #becomeIdle(): void {
    const { maxIdleMs } = this.#options.limits;
    if (maxIdleMs !== undefined) this.#after('idle', maxIdleMs, () => this.close());
  }

  #growOld(): void {
    this.close();
    const { maxAgeGraceMs } = this.#options.limits;
    if (maxAgeGraceMs !== undefined) this.#after('age', maxAgeGraceMs, () => this.destroy());
  }

  /** Asks now and then whether the client lives, busy or not. */
  #pingLater(): void {
    const { pingAfterMs, pingTimeoutMs } = this.#options.limits;
    this.#after('ping', pingAfterMs, () => {
      this.#after('ping', pingTimeoutMs, () => this.destroy());
      this.#connection.ping(() => this.#pingLater());
    });
  }

  #watchDeadlines(): void {
    if (this.#timers.has('deadlines')) return;
    this.#after('deadlines', DEADLINE_TICK_MS, () => {
      const now = this.#options.clock.monotonic();
      let isWaiting = false;
      for (const call of this.#calls) {
        if (call.deadlineMs <= now) call.exceedDeadline();
        else if (call.deadlineMs !== Number.POSITIVE_INFINITY) isWaiting = true;
      }
      if (isWaiting) this.#watchDeadlines();
    });
  }

  /** Replaces the timer of that name. */
  #after(name: TimerName, delayMs: number, action: () => void): void {
    if (this.#isGone) return;
    this.#clear(name);
    const { clock } = this.#options;
    this.#timers.set(
      name,
      clock.setTimer(() => {
        this.#timers.delete(name);
        action();
      }, delayMs),
    );
  }

  #clear(name: TimerName): void {
    const timer = this.#timers.get(name);
    if (timer === undefined) return;
    this.#options.clock.clearTimer(timer);
    this.#timers.delete(name);
  }

  #clearTimers(): void {
    for (const timer of this.#timers.values()) this.#options.clock.clearTimer(timer);
    this.#timers.clear();
  }
}
