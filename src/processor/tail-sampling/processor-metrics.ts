import type { ComponentSettings } from '../../component/factory.ts';
import type { Counter, Histogram } from '../../component/meter.ts';
import type { ConsumeError } from '../../consumer/consume-error.ts';
import { Throttle } from '../../internal/throttle.ts';
import type { Decider } from './decider.ts';
import { metrics } from './metrics.ts';
import type { Outbound, OutboundListener } from './outbound.ts';
import type { Window } from './window/window.ts';

/** Why spans were not forwarded. */
export type DropReason = 'not_sampled' | 'dropped' | 'late' | 'too_large' | 'invalid' | 'shutdown';

const DROP_REASONS: readonly DropReason[] = ['not_sampled', 'dropped', 'late', 'too_large', 'invalid', 'shutdown'];

const LOG_INTERVAL_MS = 10_000;
const MS_PER_S = 1000;

/** The account of one processor: what came in, where it went, what is here. */
export class ProcessorMetrics implements OutboundListener {
  readonly #settings: ComponentSettings;
  readonly #received: Counter;
  readonly #refused: Counter;
  readonly #forwarded: Counter;
  readonly #dropped: Readonly<Record<DropReason, Counter>>;
  readonly #rejected: Counter;
  readonly #abandoned: Counter;
  readonly #newTraces: Counter;
  readonly #droppedTooEarly: Counter;
  readonly #tooLarge: Counter;
  readonly #lateKept: Counter;
  readonly #lateDropped: Counter;
  readonly #lateSpanAge: Histogram;
  readonly #removalAge: Histogram;
  readonly #decisionLag: Histogram;
  readonly #sliceLatency: Histogram;
  readonly #rejectionLog: Throttle;
  readonly #heldLog: Throttle;

  constructor(settings: ComponentSettings, maxBytes: number) {
    const { meter, id: processor, clock } = settings;
    this.#settings = settings;
    this.#received = meter.counter(metrics.receivedSpans, { processor });
    this.#refused = meter.counter(metrics.refusedSpans, { processor });
    this.#forwarded = meter.counter(metrics.forwardedSpans, { processor });
    this.#dropped = Object.fromEntries(
      DROP_REASONS.map((reason) => [reason, meter.counter(metrics.droppedSpans, { processor, reason })]),
    ) as Record<DropReason, Counter>;
    this.#rejected = meter.counter(metrics.failedSpans, { processor, reason: 'rejected' });
    this.#abandoned = meter.counter(metrics.failedSpans, { processor, reason: 'shutdown' });
    this.#newTraces = meter.counter(metrics.newTraceIdReceived, { processor });
    this.#droppedTooEarly = meter.counter(metrics.traceDroppedTooEarly, { processor });
    this.#tooLarge = meter.counter(metrics.tracesDroppedTooLarge, { processor });
    this.#lateKept = meter.counter(metrics.earlyReleases, { processor, sampled: 'true' });
    this.#lateDropped = meter.counter(metrics.earlyReleases, { processor, sampled: 'false' });
    this.#lateSpanAge = meter.histogram(metrics.lateSpanAge, { processor });
    this.#removalAge = meter.histogram(metrics.traceRemovalAge, { processor });
    this.#decisionLag = meter.histogram(metrics.decisionLag, { processor });
    this.#sliceLatency = meter.histogram(metrics.decisionTimerLatency, { processor });
    this.#rejectionLog = new Throttle(clock, LOG_INTERVAL_MS);
    this.#heldLog = new Throttle(clock, LOG_INTERVAL_MS);
    meter.gauge(metrics.windowLimitBytes, { processor }).set(maxBytes);
  }

  /** Publishes what stands in the parts themselves. */
  observe(window: Window, outbound: Outbound, decider: Decider): void {
    const { meter, id: processor } = this.#settings;
    meter.observe(metrics.tracesOnMemory, { processor }, () => window.traces.size);
    meter.observe(metrics.windowSpans, { processor }, () => window.spans.count);
    meter.observe(metrics.windowBytes, { processor, state: 'alive' }, () => window.arena.aliveBytes);
    meter.observe(metrics.windowBytes, { processor, state: 'allocated' }, () => window.arena.allocatedBytes);
    meter.observe(metrics.windowBytes, { processor, state: 'tables' }, () => window.tableBytes);
    meter.observe(metrics.outboundSpans, { processor }, () => outbound.spans);
    meter.observe(metrics.decisionsHeld, { processor }, () => (outbound.isFull ? 1 : 0));
    for (const sampled of [true, false]) {
      const labels = { processor, sampled: String(sampled) };
      meter.observe(metrics.decisionCacheEntries, labels, () => decider.decisions.size(sampled));
      meter.observe(metrics.decisionCacheBytes, labels, () => decider.decisions.memoryBytes(sampled));
    }
  }

  addReceived(spans: number): void {
    this.#received.add(spans);
  }

  addRefused(spans: number): void {
    this.#refused.add(spans);
  }

  addDropped(reason: DropReason, spans: number): void {
    this.#dropped[reason].add(spans);
  }

  addNewTrace(): void {
    this.#newTraces.add(1);
  }

  addDroppedTooEarly(): void {
    this.#droppedTooEarly.add(1);
  }

  addTooLarge(): void {
    this.#tooLarge.add(1);
  }

  /** Spans that came this long after the decision about their trace. */
  addLate(kept: boolean, spans: number, ageMs: number): void {
    (kept ? this.#lateKept : this.#lateDropped).add(spans);
    this.#lateSpanAge.record(Math.max(0, ageMs) / MS_PER_S);
  }

  traceRemoved(ageMs: number): void {
    this.#removalAge.record(ageMs / MS_PER_S);
  }

  decisionLag(lagMs: number): void {
    this.#decisionLag.record(lagMs / MS_PER_S);
  }

  decisionSlice(tookMs: number): void {
    this.#sliceLatency.record(tookMs);
  }

  forwarded(spans: number): void {
    this.#forwarded.add(spans);
  }

  failed(spans: number, error: ConsumeError): void {
    this.#rejected.add(spans);
    const count = this.#rejectionLog.admit();
    if (count > 0) this.#settings.logger.error({ error: error.message, spans, count }, 'kept traces were refused for good by the next component');
  }

  held(waiting: number, error: ConsumeError): void {
    const count = this.#heldLog.admit();
    if (count > 0) this.#settings.logger.warn({ error: error.message, spans: waiting, count }, 'the next component takes no kept traces now; they wait');
  }

  /** A request that can never fit: its sender will not come again. */
  refusedForGood(spans: number, why: string): void {
    this.#refused.add(spans);
    const count = this.#rejectionLog.admit();
    if (count > 0) this.#settings.logger.error({ reason: why, spans, count }, 'a request was refused for good');
  }

  /** Stopping took too long for these spans of kept traces. */
  abandoned(spans: number): void {
    if (spans === 0) return;
    this.#abandoned.add(spans);
    this.#settings.logger.error({ spans }, 'stopped before all kept traces could be handed on');
  }
}
