import type { ConsumeError } from '../../src/consumer/consume-error.ts';
import type { Consumer } from '../../src/consumer/consumer.ts';
import type { ExportRequest } from '../../src/pdata/otlp/export-request.ts';

/** Takes everything, keeps nothing. */
export class NopConsumer implements Consumer {
  consume(): Promise<void> {
    return Promise.resolve();
  }
}

/** Takes everything and keeps a copy. */
export class SinkConsumer implements Consumer {
  readonly requests: ExportRequest[] = [];

  consume(request: ExportRequest): Promise<void> {
    this.requests.push({ ...request, bytes: Uint8Array.from(request.bytes), retainable: true, scan: undefined });
    return Promise.resolve();
  }

  get itemCount(): number {
    return this.requests.reduce((sum, request) => sum + request.itemCount, 0);
  }
}

/** Refuses with `error` while that is set, else hands on. */
export class FailingConsumer implements Consumer {
  error: ConsumeError | undefined;
  refused = 0;
  readonly #next: Consumer;

  constructor(error: ConsumeError | undefined, next: Consumer = new NopConsumer()) {
    this.error = error;
    this.#next = next;
  }

  consume(request: ExportRequest): Promise<void> {
    if (this.error === undefined) return this.#next.consume(request);
    this.refused++;
    return Promise.reject(this.error);
  }
}
