import type { Deadline } from '../../component/component.ts';
import { toConsumeError, type ConsumeError } from '../../consumer/consume-error.ts';
import type { Consumer } from '../../consumer/consumer.ts';
import type { Clock, TimerHandle } from '../../internal/clock.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';

/** A request is closed when it has this many bytes or spans; large requests are what makes forwarding cheap. */
const TARGET_BYTES = 1 << 20;
const TARGET_SPANS = 8192;
const FIRST_BYTES = 64 << 10;
/** A buffer of which no more than this share is left over goes out as it is; copying the rest of them costs less than it keeps. */
const MAX_LEFT_OVER = 1 / 8;
/** While much is kept, a request that is not full goes out so often: joining small ones later would copy them again. */
const FLUSH_MS = 40;

const MAX_IN_FLIGHT = 4;

const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 1000;

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
  /** The request being filled. */
  #open = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #openBytes = 0;
  #openSpans = 0;
  #flushedMs = Number.NEGATIVE_INFINITY;
  readonly #waiting: ExportRequest[] = [];
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
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#openBytes + size, Math.min(TARGET_BYTES, this.#open.length * 2)));
      larger.set(this.#open.subarray(0, this.#openBytes));
      this.#open = larger;
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
      const bytes = this.#takeOpen();
      this.#waiting.push({ signal: 'traces', bytes, itemCount: this.#openSpans, retainable: true, scan: undefined });
      this.#waitingBytes += bytes.length;
      this.#openBytes = 0;
      this.#openSpans = 0;
    }
    this.#send();
  }

  /** What the open request has, in memory of its own; the next one has a buffer to be written to. */
  #takeOpen(): Buffer {
    const open = this.#open;
    const used = open.subarray(0, this.#openBytes);
    const isFull = open.length - used.length <= open.length * MAX_LEFT_OVER;
    // One trace of many megabytes must not keep its buffer for good.
    if (isFull || open.length > 2 * TARGET_BYTES) this.#open = Buffer.allocUnsafeSlow(Math.min(open.length, TARGET_BYTES));
    if (isFull) return used;
    const copy = Buffer.allocUnsafeSlow(used.length);
    copy.set(used);
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
      const request = this.#waiting.shift();
      if (request === undefined) return;
      this.#inFlight++;
      void this.#offer(request);
    }
  }

  async #offer(request: ExportRequest): Promise<void> {
    try {
      await this.#next.consume(request);
      if (this.#isAbandoned) return;
      this.#retryMs = FIRST_RETRY_MS;
      this.#done(request);
      this.#listener.forwarded(request.itemCount);
    } catch (thrown) {
      if (this.#isAbandoned) return;
      const error = toConsumeError(thrown);
      if (error.isRetryable) {
        this.#waiting.unshift(request);
        this.#listener.held(this.#spans, error);
        this.#retryLater(error);
      } else {
        this.#done(request);
        this.#listener.failed(request.itemCount, error);
      }
    } finally {
      this.#inFlight--;
      this.#send();
      if (this.#spans === 0) this.#onIdle?.();
    }
  }

  #done(request: ExportRequest): void {
    this.#spans -= request.itemCount;
    this.#waitingBytes -= request.bytes.length;
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
