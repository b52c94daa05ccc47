import type { Clock } from '../../../internal/clock.ts';
import { TokenBucket } from '../../../internal/token-bucket.ts';
import { ConnectionError, ENHANCE_YOUR_CALM } from './frames.ts';

/**
 * Streams that end by the client's doing, be it that it resets them (CVE-2023-44487) or does what makes us reset them
 * (CVE-2025-8671): opening them costs it nothing and us much. Settings count with them, as each may change all streams.
 */
const UPHEAVALS_PER_SECOND = 33;
const UPHEAVAL_BURST = 1000;

/** Frames of DATA without content that end nothing, before a request is complete (CVE-2019-9518). */
const MAX_EMPTY_FRAMES = 1000;

/** Answers to pings and settings that a client may leave unread (CVE-2019-9512, CVE-2019-9515). */
const MAX_UNREAD_ACKS = 10_000;

/**
 * Counts what costs a client next to nothing and us something (RFC 9113, section 10.5).
 *
 * All methods throw ConnectionError when it has become too much.
 */
export class FloodGuard {
  readonly #clock: Clock;
  readonly #upheavals = new TokenBucket(UPHEAVALS_PER_SECOND, UPHEAVAL_BURST);
  #emptyFrames = 0;
  #unreadAcks = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A stream has ended by the client's doing. */
  streamBroken(): void {
    this.#upheaval('too many requests are taken back or wrong');
  }

  settingsChanged(): void {
    this.#upheaval('too many settings');
  }

  /** DATA without content has come, and more is to follow. */
  emptyFrame(): void {
    if (++this.#emptyFrames > MAX_EMPTY_FRAMES) throw new ConnectionError(ENHANCE_YOUR_CALM, 'too many frames without content');
  }

  requestCompleted(): void {
    this.#emptyFrames = 0;
  }

  /** An acknowledgement is about to be sent; `isDrained`: the system has taken all that was sent before. */
  acknowledging(isDrained: boolean): void {
    if (isDrained) this.#unreadAcks = 0;
    if (++this.#unreadAcks > MAX_UNREAD_ACKS) throw new ConnectionError(ENHANCE_YOUR_CALM, 'too much is left unread');
  }

  #upheaval(text: string): void {
    if (this.#upheavals.available(this.#clock.monotonic()) < 1) throw new ConnectionError(ENHANCE_YOUR_CALM, text);
    this.#upheavals.spend(1);
  }
}
