import type { Clock } from '../../internal/clock.ts';
import { RingQueue } from '../../internal/ring-queue.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import { Batcher } from './batcher.ts';
import type { QueueConfig } from './config.ts';

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
  readonly #ready = new RingQueue<ExportRequest>();
  readonly #onReady: () => void;
  #underWay = 0;
  /** Of what is ready or under way; the open batch has its own. Splitting repeats resources, so bytes in are not bytes out. */
  #closedItems = 0;
  #closedBytes = 0;

  /** @param onReady called when there is something to take */
  constructor(config: QueueConfig, clock: Clock, onReady: () => void) {
    this.#config = config;
    this.#onReady = onReady;
    this.#batcher = config.batch.enabled ? new Batcher(config.batch, clock, (batch) => this.#makeReady(batch)) : undefined;
  }

  /** Whether `offer` may be called. What is larger than the queue as a whole fits when nothing else is held. */
  fits(request: ExportRequest): boolean {
    if (this.requests === 0) return true;
    if (this.bytes + request.bytes.length > this.#config.max_bytes) return false;
    return this.#sizeWith(request) <= this.#config.queue_size;
  }

  /** @param request retainable */
  offer(request: ExportRequest): void {
    if (this.#batcher === undefined) this.#makeReady(request);
    else this.#batcher.add(request);
  }

  /** The next request to send; it stays counted until it is released. */
  take(): ExportRequest | undefined {
    const request = this.#ready.shift();
    if (request !== undefined) this.#underWay++;
    return request;
  }

  /** @param request as `take` gave it */
  release(request: ExportRequest): void {
    this.#underWay--;
    this.#closedItems -= request.itemCount;
    this.#closedBytes -= request.bytes.length;
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

  #makeReady(request: ExportRequest): void {
    this.#closedItems += request.itemCount;
    this.#closedBytes += request.bytes.length;
    this.#ready.push(request);
    this.#onReady();
  }
}
