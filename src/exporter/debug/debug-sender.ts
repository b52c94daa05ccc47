import type { Logger } from '../../component/logger.ts';
import type { Clock } from '../../internal/clock.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import { encodedBy } from '../helper/encoding-error.ts';
import type { Sender, SendResult } from '../helper/sender.ts';
import { TAKEN } from '../helper/sender.ts';
import type { DebugExporterConfig } from './config.ts';
import { detailedText } from './detailed-text.ts';
import { normalText } from './normal-text.ts';
import { SecondSampler } from './second-sampler.ts';
import { summaryOf } from './summary.ts';

/** Where plain text goes; `process.stdout` outside of tests. */
export interface TextOutput {
  write(text: string): unknown;
}

/** Writes requests for people to read. */
export class DebugSender implements Sender {
  readonly destination: string;
  readonly #config: DebugExporterConfig;
  readonly #logger: Logger;
  readonly #output: TextOutput;
  readonly #sampler: SecondSampler;

  constructor(config: DebugExporterConfig, logger: Logger, clock: Clock, output: TextOutput) {
    this.destination = config.use_internal_logger ? 'the log' : 'the standard output';
    this.#config = config;
    this.#logger = logger;
    this.#output = output;
    this.#sampler = new SecondSampler(config.sampling_initial, config.sampling_thereafter, clock);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  async send(request: ExportRequest): Promise<SendResult> {
    if (!this.#sampler.take()) return TAKEN;
    const { summary, text } = encodedBy(() => ({ summary: summaryOf(request), text: this.#textOf(request) }));
    this.#write(summary.title, summary.fields);
    if (text !== undefined) this.#write(text, {});
    return TAKEN;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #textOf(request: ExportRequest): string | undefined {
    switch (this.#config.verbosity) {
      case 'basic':
        return undefined;
      case 'normal':
        return normalText(request);
      case 'detailed':
        return detailedText(request);
    }
  }

  #write(message: string, fields: Readonly<Record<string, number>>): void {
    if (this.#config.use_internal_logger) {
      this.#logger.info(fields, message);
      return;
    }
    const pairs = Object.entries(fields).map(([name, value]) => `"${name}": ${value}`);
    this.#output.write(pairs.length === 0 ? `${message}\n` : `${message}\t{${pairs.join(', ')}}\n`);
  }
}
