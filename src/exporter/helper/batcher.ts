import type { Clock, TimerHandle } from '../../internal/clock.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import { joinRequests, splitRequest } from '../../pdata/otlp/split-request.ts';
import type { BatchConfig } from './config.ts';

/**
 * Joins requests of one signal until a batch is large or old enough, then emits it. One batch is open at a time.
 *
 * ```
 *  add ─► [ r1 r2 r3 ]   min_size or min_bytes reached, or flush_timeout since r1 ─► emit(joined)
 *              │         larger than max_size ─► emit the full pieces, the rest stays open
 * ```
 */
export class Batcher {
  readonly #config: BatchConfig;
  readonly #clock: Clock;
  readonly #emit: (batch: ExportRequest) => void;

  #open: ExportRequest[] = [];
  #openItems = 0;
  #openBytes = 0;
  #timer: TimerHandle | undefined;

  constructor(config: BatchConfig, clock: Clock, emit: (batch: ExportRequest) => void) {
    this.#config = config;
    this.#clock = clock;
    this.#emit = emit;
  }

  /** Whether something waits to be joined. */
  get isOpen(): boolean {
    return this.#open.length > 0;
  }

  get openItems(): number {
    return this.#openItems;
  }

  get openBytes(): number {
    return this.#openBytes;
  }

  /** @param request retainable */
  add(request: ExportRequest): void {
    if (this.isOpen && this.#overshoots(request)) this.flush();
    this.#push(request);
    const { max_size: maxSize } = this.#config;
    if (maxSize > 0 && this.#openSize > maxSize) this.#emitFullPieces(maxSize);
    if (this.isOpen && this.#isLargeEnough()) this.flush();
  }

  /** Emits what is open now. */
  flush(): void {
    if (!this.isOpen) return;
    const batch = joinRequests(this.#open);
    this.#reset();
    this.#emit(batch);
  }

  #push(request: ExportRequest): void {
    this.#open.push(request);
    this.#openItems += request.itemCount;
    this.#openBytes += request.bytes.length;
    this.#timer ??= this.#clock.setTimer(() => {
      this.#timer = undefined;
      this.flush();
    }, this.#config.flush_timeout);
  }

  #emitFullPieces(maxSize: number): void {
    const pieces = splitToFit(joinRequests(this.#open), this.#config.sizer, maxSize);
    const rest = pieces.pop();
    this.#reset();
    for (const piece of pieces) this.#emit(piece);
    if (rest !== undefined) this.#push(rest);
  }

  #reset(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#open = [];
    this.#openItems = 0;
    this.#openBytes = 0;
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
