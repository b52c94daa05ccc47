import type { Component, Deadline } from '../../component/component.ts';
import type { ComponentSettings } from '../../component/factory.ts';
import { ConsumeError } from '../../consumer/consume-error.ts';
import type { Consumer } from '../../consumer/consumer.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import type { Signal } from '../../pdata/otlp/signal.ts';
import type { DeliveryConfig } from './config.ts';
import { Delivery } from './delivery.ts';
import { ExporterMetrics } from './exporter-metrics.ts';
import { FailureLog } from './failure-log.ts';
import type { Sender } from './sender.ts';

/**
 * An exporter without a queue: `consume` settles with what the destination answered, so that whoever sent the request
 * still has what could not be sent.
 */
export class DirectExporter implements Component, Consumer {
  readonly #sender: Sender;
  readonly #metrics: ExporterMetrics;
  readonly #failureLog: FailureLog;
  readonly #delivery: Delivery;
  readonly #underWay = new Set<Promise<void>>();
  #stopping: Promise<void> | undefined;

  constructor(sender: Sender, config: DeliveryConfig, settings: ComponentSettings & { readonly signal: Signal }) {
    this.#sender = sender;
    this.#metrics = new ExporterMetrics(settings);
    this.#failureLog = new FailureLog(settings.logger, settings.clock);
    this.#delivery = new Delivery(sender, config, settings, this.#metrics, this.#failureLog);
  }

  start(): Promise<void> {
    return this.#sender.start();
  }

  consume(request: ExportRequest): Promise<void> {
    if (this.#stopping !== undefined) return Promise.reject(new ConsumeError('unavailable', 'the exporter is stopping'));
    const delivery = this.#deliver(request);
    const settled = delivery.catch(() => undefined).then(() => void this.#underWay.delete(settled));
    this.#underWay.add(settled);
    return delivery;
  }

  shutdown(deadline: Deadline): Promise<void> {
    this.#stopping ??= this.#stop(deadline);
    return this.#stopping;
  }

  async #stop(deadline: Deadline): Promise<void> {
    const end = (): void => this.#delivery.end();
    deadline.signal.addEventListener('abort', end);
    if (deadline.signal.aborted) end();
    this.#delivery.hurry();
    await Promise.all(this.#underWay);
    deadline.signal.removeEventListener('abort', end);
    this.#failureLog.flush();
    await this.#sender.close();
  }

  async #deliver(request: ExportRequest): Promise<void> {
    const outcome = await this.#delivery.deliver(request);
    const [first] = outcome.failures;
    if (first !== undefined && outcome.sentItems + outcome.rejectedItems === 0) {
      // Of the errors of several parts one that asks for the request again goes first: nothing of it was taken.
      const { error } = outcome.failures.find((failure) => failure.error.isRetryable) ?? first;
      this.#returned(request, error);
      throw error;
    }
    // Where a part was taken the request must not come again, so the rest ends here.
    this.#metrics.ended(outcome);
    for (const failure of outcome.failures) this.#failureLog.lost(failure, this.#sender.destination);
  }

  /** Whoever gave the request still has it, and answers for what becomes of it. */
  #returned({ itemCount }: ExportRequest, { isRetryable, message }: ConsumeError): void {
    const fields = { destination: this.#sender.destination, error: message };
    if (isRetryable) {
      this.#failureLog.record('Sending failed; senders are asked to come again', itemCount, fields);
      return;
    }
    this.#metrics.refusedForGood(itemCount);
    this.#failureLog.record('Sending failed for good; the items go back to who sent them', itemCount, fields);
  }
}
