import type { Component } from '../../component/component.ts';
import type { ComponentSettings } from '../../component/factory.ts';
import type { Counter } from '../../component/meter.ts';
import { ConsumeError } from '../../consumer/consume-error.ts';
import type { Consumer } from '../../consumer/consumer.ts';
import type { TimerHandle } from '../../internal/clock.ts';
import type { ExportRequest } from '../../pdata/otlp/export-request.ts';
import type { Signal } from '../../pdata/otlp/signal.ts';
import type { MemoryLimiterConfig } from './config.ts';
import { metrics, signalMetrics } from './metrics.ts';
import type { ProcessMemory } from './process-memory.ts';

type MemoryLimiterSettings = ComponentSettings & { readonly signal: Signal };

const MIB = 1024 * 1024;
/** The spike limit where none is written, as a part of the hard limit. */
const DEFAULT_SPIKE = 0.2;

/**
 * Least time between two full collections while data is refused, and the part of all time that they may take. Only they
 * show that what was in use is in use no more, and whoever is refused waits for that; no input is held up by them.
 */
const REFUSING_GC_INTERVAL_MS = 500;
const REFUSING_GC_SHARE = 0.1;

/** Refuses input while more memory is in use than the soft limit, so that what was taken can be finished. */
export class MemoryLimiter implements Component, Consumer {
  readonly #config: MemoryLimiterConfig;
  readonly #settings: MemoryLimiterSettings;
  readonly #next: Consumer;
  readonly #memory: ProcessMemory;
  readonly #hardLimit: number;
  readonly #softLimit: number;

  #usedBytes = 0;
  #isRefusing = false;
  #lastGc = { startedAtMs: Number.NEGATIVE_INFINITY, durationMs: 0 };
  #timer: TimerHandle | undefined;

  readonly #accepted: Counter;
  readonly #refused: Counter;
  readonly #incoming: Counter;
  readonly #outgoing: Counter;
  readonly #forcedCollections: Counter;

  constructor(config: MemoryLimiterConfig, settings: MemoryLimiterSettings, next: Consumer, memory: ProcessMemory) {
    this.#config = config;
    this.#settings = settings;
    this.#next = next;
    this.#memory = memory;
    const { hard, soft } = limitsOf(config, memory);
    this.#hardLimit = hard;
    this.#softLimit = soft;

    const { id, signal, meter } = settings;
    this.#accepted = meter.counter(signalMetrics[signal].accepted, { processor: id });
    this.#refused = meter.counter(signalMetrics[signal].refused, { processor: id });
    this.#incoming = meter.counter(metrics.incomingItems, { processor: id, otel_signal: signal });
    this.#outgoing = meter.counter(metrics.outgoingItems, { processor: id, otel_signal: signal });
    this.#forcedCollections = meter.counter(metrics.forcedCollections, { processor: id });
    meter.gauge(metrics.limitBytes, { processor: id, limit: 'soft' }).set(soft);
    meter.gauge(metrics.limitBytes, { processor: id, limit: 'hard' }).set(hard);
  }

  start(): Promise<void> {
    const { id, logger, meter } = this.#settings;
    const usedBytes = meter.gauge(metrics.usedBytes, { processor: id });
    const check = (): void => {
      this.#check();
      usedBytes.set(this.#usedBytes);
      this.#timer = this.#settings.clock.setTimer(check, this.#config.check_interval);
    };
    logger.info({ limit_mib: mib(this.#hardLimit), soft_limit_mib: mib(this.#softLimit) }, 'Memory limiter configured');
    check();
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    if (this.#timer !== undefined) this.#settings.clock.clearTimer(this.#timer);
    this.#timer = undefined;
    return Promise.resolve();
  }

  consume(request: ExportRequest): Promise<void> {
    this.#incoming.add(request.itemCount);
    if (this.#isRefusing) {
      this.#refused.add(request.itemCount);
      const message = `memory in use (${mib(this.#usedBytes)} MiB) is above the soft limit (${mib(this.#softLimit)} MiB)`;
      return Promise.reject(new ConsumeError('overloaded', message, { retryAfterMs: this.#config.check_interval }));
    }
    // As the Collector's: accepted by this processor, whatever the next one says.
    this.#accepted.add(request.itemCount);
    this.#outgoing.add(request.itemCount);
    return this.#next.consume(request);
  }

  #check(): void {
    const { logger } = this.#settings;
    const wasRefusing = this.#isRefusing;
    this.#isRefusing = this.#isShortOfMemory();
    const fields = { used_mib: mib(this.#usedBytes), soft_limit_mib: mib(this.#softLimit) };
    if (this.#isRefusing && !wasRefusing) logger.warn(fields, 'Memory in use is above the soft limit: refusing data');
    if (!this.#isRefusing && wasRefusing) logger.info(fields, 'Memory in use is back within limits: taking data again');
  }

  /** Whether more than the soft limit is in use. Much of what seems so may be garbage, which is collected step by step. */
  #isShortOfMemory(): boolean {
    if (this.#measure() < this.#softLimit) return false;
    this.#memory.collectYoungGarbage();
    if (this.#measure() < this.#softLimit) return false;
    const startedAtMs = this.#settings.clock.monotonic();
    if (startedAtMs - this.#lastGc.startedAtMs < this.#minGcIntervalMs()) return true;
    this.#memory.collectGarbage();
    this.#forcedCollections.add(1);
    this.#lastGc = { startedAtMs, durationMs: this.#settings.clock.monotonic() - startedAtMs };
    return this.#measure() >= this.#softLimit;
  }

  #measure(): number {
    this.#usedBytes = this.#memory.usedBytes();
    return this.#usedBytes;
  }

  #minGcIntervalMs(): number {
    const { min_gc_interval_when_hard_limited: hardMs, min_gc_interval_when_soft_limited: softMs } = this.#config;
    const configuredMs = this.#usedBytes >= this.#hardLimit ? hardMs : softMs;
    if (!this.#isRefusing) return configuredMs;
    return Math.min(configuredMs, Math.max(REFUSING_GC_INTERVAL_MS, this.#lastGc.durationMs / REFUSING_GC_SHARE));
  }
}

/** The limits in bytes; `limit_mib` goes before `limit_percentage`. */
function limitsOf(config: MemoryLimiterConfig, memory: ProcessMemory): { hard: number; soft: number } {
  const isFixed = config.limit_mib > 0;
  const unit = isFixed ? MIB : memory.totalBytes() / 100;
  const hard = unit * (isFixed ? config.limit_mib : config.limit_percentage);
  const spike = unit * (isFixed ? config.spike_limit_mib : config.spike_limit_percentage);
  return { hard, soft: hard - (spike > 0 ? spike : hard * DEFAULT_SPIKE) };
}

function mib(bytes: number): number {
  return Math.round(bytes / MIB);
}
