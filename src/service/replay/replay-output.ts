import type { Component } from '../../component/component.ts';
import { toConsumeError } from '../../consumer/consume-error.ts';
import type { Consumer } from '../../consumer/consumer.ts';
import { systemClock } from '../../internal/clock.ts';
import { sleep } from '../../internal/sleep.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import { scanTraces } from '../../pdata/otlp/scan-traces.ts';
import { SpanScan } from '../../pdata/otlp/span-scan.ts';
import type { Traffic } from './traffic.ts';

const RETRY_MS = 100;

/**
 * Stands behind the last processor: counts what comes out, and lets the simulated time wait for exporters, which work in
 * real time. A request that they refuse for now is offered again until they take it, so that nothing depends on how fast
 * they are.
 */
export class ReplayOutput implements Component, Consumer {
  readonly #next: Consumer;
  readonly #traffic: Traffic;
  readonly #stop: AbortSignal;
  readonly #scan = new SpanScan();
  readonly #underWay = new Set<Promise<void>>();

  constructor(next: Consumer, traffic: Traffic, stop: AbortSignal) {
    this.#next = next;
    this.#traffic = traffic;
    this.#stop = stop;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  consume(request: ExportRequest): Promise<void> {
    scanTraces(request.bytes, this.#scan);
    this.#traffic.add(request.bytes, this.#scan);
    const taken = this.#offerUntilTaken(request);
    const settled = taken.catch(() => undefined).finally(() => this.#underWay.delete(settled));
    this.#underWay.add(settled);
    return taken;
  }

  /** Resolves when exporters have answered for all that has come out. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async #offerUntilTaken(request: ExportRequest): Promise<void> {
    for (;;) {
      try {
        return await this.#next.consume(request);
      } catch (thrown) {
        const error = toConsumeError(thrown);
        if (!error.isRetryable || this.#stop.aborted) throw error;
        await sleep(systemClock, error.retryAfterMs ?? RETRY_MS, this.#stop);
      }
    }
  }
}
