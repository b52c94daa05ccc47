import type { Component } from '../../../src/component/component.ts';
import type { OwnSpan } from '../../../src/component/tracer.ts';
import type { Consumer } from '../../../src/consumer/consumer.ts';
import { factory } from '../../../src/processor/tail-sampling/factory.ts';
import { FailingConsumer, SinkConsumer } from '../../support/consumers.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { exportRequest, hexOf, id, type JsonObject, span, type SpanFields, spansOf, tracesOf } from '../../support/otlp.ts';
import { noDeadline, type TestSettings, testSettings } from '../../support/settings.ts';

export const KEEP_ALL = [{ name: 'all', type: 'always_sample' }];
export const KEEP_ERRORS = [{ name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } }];

/** A processor as the service builds it from a block of YAML, with a clock that tests tick and a sink behind it. */
export class ProcessorRig {
  readonly clock = new ManualClock();
  /** Own traces that were made: names of spans with their attributes. */
  readonly ownSpans: [string, Record<string, unknown>][] = [];
  readonly settings: TestSettings = { ...testSettings('tail_sampling', this.clock), tracer: { startSpan: (name) => this.#ownSpan(name) } };
  readonly sink = new SinkConsumer();
  /** Before the sink; refuses while its `error` is set. */
  readonly next = new FailingConsumer(undefined, this.sink);
  readonly processor: Component & Consumer;

  constructor(config: JsonObject) {
    const parsed = factory.schema.parse({ decision_wait: '1s', policies: KEEP_ALL, ...config });
    this.processor = factory.create(parsed, { ...this.settings, signal: 'traces' }, this.next);
    void this.processor.start();
  }

  /** Hands in one request of these spans; span ids count up unless given. */
  send(...spans: readonly SpanFields[]): Promise<void> {
    return this.sendRaw(spans.map((fields) => span({ spanId: id(++this.#spanNumber, 8), ...fields })));
  }

  sendRaw(spans: readonly JsonObject[], serviceName = 'shop'): Promise<void> {
    return this.processor.consume(exportRequest('traces', tracesOf(spans, serviceName), spans.length));
  }

  /** Trace numbers (`id(n, 16)`) of the spans that have come out, in order, neighbours once. */
  get kept(): readonly number[] {
    const numbers = this.keptSpans.map(({ traceId }) => Number.parseInt(hexOf(traceId), 16));
    return numbers.filter((number, index) => number !== numbers[index - 1]);
  }

  get keptSpans() {
    return this.sink.requests.flatMap(({ bytes }) => spansOf(bytes));
  }

  #ownSpan(name: string): OwnSpan {
    const attributes: Record<string, unknown> = {};
    return {
      setAttribute: (key, value) => {
        attributes[key] = value;
      },
      end: () => {
        this.ownSpans.push([name, attributes]);
      },
    };
  }

  /** Lets what the next consumer answered be taken in. */
  settle(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  stop(signal?: AbortSignal): Promise<void> {
    return this.processor.shutdown(noDeadline(signal));
  }

  /** The sum of a metric of ours over its labels, or of the series with some of them. */
  metric(name: string, labels = ''): number {
    const { meter } = this.settings;
    return meter.series
      .filter((series) => series.startsWith(`tailrace_tail_sampling_${name}{`) && series.includes(labels))
      .reduce((sum, series) => sum + (meter.value(series) ?? 0), 0);
  }

  collectorMetric(name: string, labels = ''): number {
    const { meter } = this.settings;
    return meter.series
      .filter((series) => series.startsWith(`otelcol_processor_tail_sampling_${name}{`) && series.includes(labels))
      .reduce((sum, series) => sum + (meter.value(series) ?? 0), 0);
  }

  /** What came in and is nowhere: has to be 0 at every moment. */
  get unaccounted(): number {
    const places = ['forwarded_spans', 'dropped_spans', 'failed_spans', 'window_spans', 'outbound_spans'];
    return this.metric('received_spans') - places.reduce((sum, name) => sum + this.metric(name), 0);
  }

  #spanNumber = 0;
}

/** Spans of traces by number. */
export function spansOfTraces(...numbers: readonly number[]): readonly SpanFields[] {
  return numbers.map((number) => ({ traceId: id(number, 16) }));
}
