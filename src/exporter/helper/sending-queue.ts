import { BufferPool } from '../../internal/buffer-pool.ts';
import type { Clock } from '../../internal/clock.ts';
import { RingQueue } from '../../internal/ring-queue.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import type { Signal } from '../../pdata/otlp/signal.ts';
import { copyIn, memoryBytes, type Batch } from './batch.ts';
import { Batcher } from './batcher.ts';
import type { QueueConfig } from './config.ts';

/** Free buffers together, of those that batches lay in. */
const MAX_FREE_BYTES = 4 * 1024 * 1024;

/**
 * What an exporter has taken over and not yet ended, bounded. What is held counts from `offer` until `release`, so the
 * bounds are those of the memory in use, requests under way included.
 *
 * ```
 *  offer ─► open batch ─► ready ─► take ─► (under way) ─► release
 *           └───────────── held: size, items, bytes ────────────┘
 * ```
 *
 * With batching on, `sizer: requests` counts batches: a request that joins the open batch takes no further place.
 */
export class SendingQueue {
  readonly #config: QueueConfig;
  readonly #batcher: Batcher | undefined;
  readonly #pool = new BufferPool(MAX_FREE_BYTES);
  readonly #ready = new RingQueue<Batch>();
  readonly #onReady: () => void;
  #underWay = 0;
  /** Of what is ready or under way; the open batch has its own. Splitting repeats resources, so bytes in are not bytes out. */
  #closedItems = 0;
  #closedBytes = 0;
  #closedMemory = 0;

  /** @param onReady called when there is something to take */
  constructor(config: QueueConfig, signal: Signal, clock: Clock, onReady: () => void) {
    this.#config = config;
    this.#onReady = onReady;
    if (config.batch.enabled) this.#batcher = new Batcher(config.batch, signal, clock, this.#pool, (batch) => this.#makeReady(batch));
  }

  /** Whether `offer` may be called. What is larger than the queue as a whole fits when nothing else is held. */
  fits(request: ExportRequest): boolean {
    if (this.requests === 0) return true;
    if (this.memoryBytes + request.bytes.length > this.#config.max_bytes) return false;
    return this.#sizeWith(request) <= this.#config.queue_size;
  }

  /** Holds the request; copies what may change. */
  offer(request: ExportRequest): void {
    if (this.#batcher === undefined) this.#makeReady(copyIn(this.#pool, request));
    else this.#batcher.add(request);
  }

  /** The next request to send; it stays counted until it is released. */
  take(): Batch | undefined {
    const batch = this.#ready.shift();
    if (batch !== undefined) this.#underWay++;
    return batch;
  }

  /** Whoever sent it looks at its bytes no more. */
  release(batch: Batch): void {
    this.#underWay--;
    this.#closedItems -= batch.itemCount;
    this.#closedBytes -= batch.bytes.length;
    this.#closedMemory -= memoryBytes(batch);
    if (batch.buffer !== undefined) this.#pool.give(batch.buffer);
  }

  /** Makes ready what waits to be joined. */
  flush(): void {
    this.#batcher?.flush();
  }

  /** Requests as they will be sent: the open batch, those ready and those under way. */
  get requests(): number {
    return this.#ready.length + this.#underWay + (this.#batcher?.isOpen === true ? 1 : 0);
  }

  get items(): number {
    return this.#closedItems + (this.#batcher?.openItems ?? 0);
  }

  get bytes(): number {
    return this.#closedBytes + (this.#batcher?.openBytes ?? 0);
  }

  /** What is held, in the unit of `sizer`. */
  get size(): number {
    switch (this.#config.sizer) {
      case 'requests':
        return this.requests;
      case 'items':
        return this.items;
      case 'bytes':
        return this.bytes;
    }
  }

  /** Bytes of the buffers that all of it lies in, which is what `max_bytes` bounds. */
  get memoryBytes(): number {
    return this.#closedMemory + (this.#batcher?.memoryBytes ?? 0);
  }

  #sizeWith(request: ExportRequest): number {
    switch (this.#config.sizer) {
      case 'requests':
        return this.requests + (this.#batcher?.isOpen === true ? 0 : 1);
      case 'items':
        return this.items + request.itemCount;
      case 'bytes':
        return this.bytes + request.bytes.length;
    }
  }

  #makeReady(batch: Batch): void {
    this.#closedItems += batch.itemCount;
    this.#closedBytes += batch.bytes.length;
    this.#closedMemory += memoryBytes(batch);
    this.#ready.push(batch);
    this.#onReady();
  }
}
