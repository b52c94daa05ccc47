import type { BufferPool } from '../../internal/buffer-pool.ts';
import type { Clock, TimerHandle } from '../../internal/clock.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import type { Signal } from '../../pdata/otlp/signal.ts';
import { splitRequest } from '../../pdata/otlp/split-request.ts';
import { batchIn, type Batch } from './batch.ts';
import type { BatchConfig } from './config.ts';

const NOTHING = new Uint8Array(0);

/**
 * Joins requests of one signal until a batch is large or old enough, then emits it. One batch is open at a time; requests
 * are copied behind each other, which protobuf reads as one whose repeated fields are joined.
 *
 * ```
 *  add ─► [ r1 r2 r3 ]   min_size or min_bytes reached, or flush_timeout since r1 ─► emit(joined)
 *              │         larger than max_size ─► emit the full pieces, the rest stays open
 * ```
 */
export class Batcher {
  readonly #config: BatchConfig;
  readonly #signal: Signal;
  readonly #clock: Clock;
  readonly #pool: BufferPool;
  readonly #emit: (batch: Batch) => void;

  #open: Uint8Array = NOTHING;
  #openItems = 0;
  #openBytes = 0;
  #timer: TimerHandle | undefined;

  /** @param emit what it is given lies in a buffer of `pool` or in memory that nobody else knows */
  constructor(config: BatchConfig, signal: Signal, clock: Clock, pool: BufferPool, emit: (batch: Batch) => void) {
    this.#config = config;
    this.#signal = signal;
    this.#clock = clock;
    this.#pool = pool;
    this.#emit = emit;
  }

  /** Whether something waits to be joined. */
  get isOpen(): boolean {
    return this.#openBytes > 0;
  }

  get openItems(): number {
    return this.#openItems;
  }

  get openBytes(): number {
    return this.#openBytes;
  }

  /** What the open batch takes of the memory. */
  get memoryBytes(): number {
    return this.#open.length;
  }

  /** Copies the request. */
  add(request: ExportRequest): void {
    if (this.isOpen && this.#overshoots(request)) this.flush();
    this.#push(request);
    const { max_size: maxSize } = this.#config;
    if (maxSize > 0 && this.#openSize > maxSize) this.#emitFullPieces(maxSize);
    if (this.isOpen && this.#isLargeEnough()) this.flush();
  }

  /** Emits what is open now. */
  flush(): void {
    if (this.isOpen) this.#emit(this.#takeOpen());
  }

  #push({ bytes, itemCount }: ExportRequest): void {
    if (bytes.length === 0) return;
    const size = this.#openBytes + bytes.length;
    // Twice what there was at least: what comes in small pieces is not to be moved with each of them.
    if (size > this.#open.length) this.#open = this.#pool.grow(this.#open, this.#openBytes, Math.max(size, 2 * this.#open.length));
    this.#open.set(bytes, this.#openBytes);
    this.#openItems += itemCount;
    this.#openBytes = size;
    this.#timer ??= this.#clock.setTimer(() => {
      this.#timer = undefined;
      this.flush();
    }, this.#config.flush_timeout);
  }

  #emitFullPieces(maxSize: number): void {
    const open = this.#open;
    const whole = this.#takeOpen();
    let pieces: ExportRequest[];
    try {
      pieces = splitToFit(whole, this.#config.sizer, maxSize);
    } catch {
      // Too damaged to be split: the destination is to say so, and what is lost is counted.
      this.#emit(whole);
      return;
    }
    const rest = pieces.pop();
    for (const piece of pieces) this.#emit({ ...piece, buffer: undefined });
    if (rest !== undefined) this.#push(rest);
    this.#pool.give(open);
  }

  #takeOpen(): Batch {
    const batch = batchIn(this.#open, this.#openBytes, { signal: this.#signal, itemCount: this.#openItems });
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#open = NOTHING;
    this.#openItems = 0;
    this.#openBytes = 0;
    return batch;
  }

  /** A batch that grew past min_bytes by joining might be more than the backend takes, though each request was not. */
  #overshoots(request: ExportRequest): boolean {
    const { min_bytes: minBytes } = this.#config;
    return minBytes > 0 && this.#openBytes + request.bytes.length > minBytes;
  }

  #isLargeEnough(): boolean {
    const { min_size: minSize, min_bytes: minBytes } = this.#config;
    return this.#openSize >= minSize || (minBytes > 0 && this.#openBytes >= minBytes);
  }

  get #openSize(): number {
    return this.#config.sizer === 'bytes' ? this.#openBytes : this.#openItems;
  }
}

/** Pieces of at most `maxSize`, in order; one item that is larger is a piece of its own. */
function splitToFit(request: ExportRequest, sizer: 'items' | 'bytes', maxSize: number): ExportRequest[] {
  if (sizer === 'items') return splitRequest(request, maxSize);
  if (request.bytes.length <= maxSize || request.itemCount <= 1) return [request];
  // Items differ in size: aim at the average, then look at each piece again.
  const average = Math.floor((request.itemCount * maxSize) / request.bytes.length);
  const maxItems = Math.min(Math.max(1, average), request.itemCount - 1);
  return splitRequest(request, maxItems).flatMap((piece) => splitToFit(piece, sizer, maxSize));
}
