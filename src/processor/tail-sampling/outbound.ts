import type { Deadline } from '../../component/component.ts';
import type { ConsumeError } from '../../consumer/consume-error.ts';
import type { Consumer } from '../../consumer/consumer.ts';
import { offer } from '../../consumer/offer.ts';
import { BufferPool } from '../../internal/buffer-pool.ts';
import type { Clock, TimerHandle } from '../../internal/clock.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';

/** A request is closed when it has this many bytes or spans; large requests are what makes forwarding cheap. */
const TARGET_BYTES = 1 << 20;
const TARGET_SPANS = 8192;
const FIRST_BYTES = 64 << 10;
/** A buffer of which more than this share is used goes out as it is: what it has would not fit into one of half its size. */
const LEAST_USED = 1 / 2;
/** While much is kept, a request that is not full goes out so often: joining small ones later would copy them again. */
const FLUSH_MS = 40;

const MAX_IN_FLIGHT = 4;
/** Buffers kept for later, bytes. */
const MAX_FREE_BYTES = MAX_IN_FLIGHT * TARGET_BYTES;

const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 1000;

/** A request on its way, and where its bytes lie. */
interface Outgoing {
  readonly request: ExportRequest;
  readonly buffer: Uint8Array;
}

/** Is told how spans left. */
export interface OutboundListener {
  forwarded(spans: number): void;
  /** Refused for good by the next consumer. */
  failed(spans: number, error: ConsumeError): void;
  /** Refused for now by the next consumer; `waiting` spans wait for it. */
  held(waiting: number, error: ConsumeError): void;
}

/**
 * The way out: joins kept traces into large requests and hands those to the next consumer. What that cannot take now
 * waits here and is offered again; when too much waits, `isFull` tells the processor to hold its decisions back, so that
 * the window fills and at last the senders are refused. Nothing is thrown away here.
 */
export class Outbound {
  readonly #next: Consumer;
  readonly #clock: Clock;
  readonly #listener: OutboundListener;
  readonly #maxWaitingBytes: number;
  readonly #pool = new BufferPool(MAX_FREE_BYTES);
  /** The request being filled. */
  #open = this.#pool.take(FIRST_BYTES);
  #openBytes = 0;
  #openSpans = 0;
  #flushedMs = Number.NEGATIVE_INFINITY;
  readonly #waiting: Outgoing[] = [];
  #waitingBytes = 0;
  #inFlight = 0;
  #spans = 0;
  #retryMs = FIRST_RETRY_MS;
  #retryTimer: TimerHandle | undefined;
  #onIdle: (() => void) | undefined;
  #isAbandoned = false;

  /** `maxWaitingBytes`: what may wait for the next consumer before decisions are held back. */
  constructor(next: Consumer, clock: Clock, listener: OutboundListener, maxWaitingBytes: number) {
    this.#next = next;
    this.#maxWaitingBytes = maxWaitingBytes;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Spans that are kept and not yet taken by the next consumer. */
  get spans(): number {
    return this.#spans;
  }

  /** Whether no more should be decided for now. */
  get isFull(): boolean {
    return this.#waitingBytes >= this.#maxWaitingBytes;
  }

  /** Room for `size` bytes in the open request; the caller writes them at `at` in `bytes`, then calls `commit`. */
  reserve(size: number): { readonly bytes: Uint8Array; readonly at: number } {
    if (this.#openBytes > 0 && this.#openBytes + size > TARGET_BYTES) this.flush();
    if (this.#openBytes + size > this.#open.length) {
      this.#open = this.#pool.grow(this.#open, this.#openBytes, Math.max(this.#openBytes + size, Math.min(TARGET_BYTES, this.#open.length * 2)));
    }
    return { bytes: this.#open, at: this.#openBytes };
  }

  /** What was reserved has been written. */
  commit(size: number, spans: number): void {
    this.#openBytes += size;
    this.#openSpans += spans;
    this.#spans += spans;
    if (this.#openBytes >= TARGET_BYTES || this.#openSpans >= TARGET_SPANS) this.flush();
  }

  /** The same as `flush`, unless that was done a moment ago. */
  flushNowAndThen(): void {
    if (this.#clock.monotonic() - this.#flushedMs >= FLUSH_MS) this.flush();
    else this.#send();
  }

  /** Closes the open request and sends what may be sent. */
  flush(): void {
    if (this.#openSpans > 0) {
      this.#flushedMs = this.#clock.monotonic();
      const buffer = this.#takeOpen();
      const bytes = buffer.subarray(0, this.#openBytes);
      this.#waiting.push({ request: { signal: 'traces', bytes, itemCount: this.#openSpans, retainable: false, scan: undefined }, buffer });
      this.#waitingBytes += buffer.length;
      this.#openBytes = 0;
      this.#openSpans = 0;
    }
    this.#send();
  }

  /** A buffer that begins with what the open request has; the next one has another to be written to. */
  #takeOpen(): Uint8Array {
    const open = this.#open;
    const isUsed = this.#openBytes > open.length * LEAST_USED;
    // One trace of many megabytes must not keep its buffer for good.
    if (isUsed || open.length > 2 * TARGET_BYTES) this.#open = this.#pool.take(Math.min(open.length, TARGET_BYTES));
    if (isUsed) return open;
    const copy = this.#pool.take(this.#openBytes);
    copy.set(open.subarray(0, this.#openBytes));
    return copy;
  }

  /** Resolves when all has been taken or the deadline has passed; `spans` says what is left. */
  async drain(deadline: Deadline): Promise<void> {
    this.flush();
    if (this.#spans > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
        if (deadline.signal.aborted) resolve();
        else deadline.signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    if (this.#retryTimer !== undefined) this.#clock.clearTimer(this.#retryTimer);
  }

  /** Gives up what is left and returns how many spans that are. */
  abandon(): number {
    const spans = this.#spans;
    this.#isAbandoned = true;
    this.#spans = 0;
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    return spans;
  }

  #send(): void {
    while (this.#inFlight < MAX_IN_FLIGHT && this.#retryTimer === undefined) {
      const outgoing = this.#waiting.shift();
      if (outgoing === undefined) return;
      this.#inFlight++;
      void this.#offer(outgoing);
    }
  }

  async #offer(outgoing: Outgoing): Promise<void> {
    const error = await offer(this.#next, outgoing.request);
    this.#inFlight--;
    if (this.#isAbandoned) return;
    if (error === undefined) {
      this.#retryMs = FIRST_RETRY_MS;
      this.#done(outgoing);
      this.#listener.forwarded(outgoing.request.itemCount);
    } else if (error.isRetryable) {
      this.#waiting.unshift(outgoing);
      this.#listener.held(this.#spans, error);
      this.#retryLater(error);
    } else {
      this.#done(outgoing);
      this.#listener.failed(outgoing.request.itemCount, error);
    }
    this.#send();
    if (this.#spans === 0) this.#onIdle?.();
  }

  #done({ request, buffer }: Outgoing): void {
    this.#spans -= request.itemCount;
    this.#waitingBytes -= buffer.length;
    this.#pool.give(buffer);
  }

  #retryLater(error: ConsumeError): void {
    if (this.#retryTimer !== undefined) return;
    const delayMs = error.retryAfterMs ?? this.#retryMs;
    this.#retryMs = Math.min(MAX_RETRY_MS, this.#retryMs * 2);
    this.#retryTimer = this.#clock.setTimer(() => {
      this.#retryTimer = undefined;
      this.#send();
    }, delayMs);
  }
}
