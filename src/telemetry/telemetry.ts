import { randomUUID } from 'node:crypto';
import type { Component, Deadline } from '../component/component.ts';
import type { Addressed } from '../component/factory.ts';
import type { Logger } from '../component/logger.ts';
import type { Meter } from '../component/meter.ts';
import type { Tracer } from '../component/tracer.ts';
import type { Clock } from '../internal/clock.ts';
import { systemClock } from '../internal/clock.ts';
import { messageOf } from '../internal/message-of.ts';
import type { TelemetryConfig } from './config.ts';
import type { LogOutput } from './log-output.ts';
import { openLogOutput } from './log-output.ts';
import { createLogger } from './log.ts';
import { MetricRegistry } from './metric-registry.ts';
import { MetricsServer, resourceLabels } from './metrics-server.ts';
import { ownAddress } from './own-address.ts';
import { OwnTracer } from './own-tracer.ts';
import { observeProcess } from './process-metrics.ts';
import type { Build } from './resource.ts';
import { resourceOf } from './resource.ts';

/**
 * Builds what `service.telemetry` says.
 *
 * @throws Error that names the key of a log file which cannot be opened
 */
export function createTelemetry(config: TelemetryConfig, build: Build, clock: Clock = systemClock): Telemetry {
  return new Telemetry(config, build, clock);
}

/**
 * Log, metrics and traces of Tailrace itself, as `service.telemetry` says. Loggers and meter work at once and to the end
 * of `shutdown`; metrics are served, and traces recorded, from `start` on.
 */
export class Telemetry implements Component, Addressed {
  readonly meter: Meter;
  readonly tracer: Tracer;
  readonly #logger: Logger;
  readonly #ownTracer: OwnTracer;
  readonly #servers: readonly MetricsServer[];
  readonly #output: LogOutput;
  readonly #clock: Clock;
  readonly #build: Build;
  #endProcessMetrics: (() => void) | undefined;

  constructor(config: TelemetryConfig, build: Build, clock: Clock) {
    const resource = resourceOf(config.resource, build, randomUUID());
    const registry = new MetricRegistry();
    const readers = config.metrics.level === 'none' ? [] : config.metrics.readers;
    this.#output = openLogOutput(config.logs.output_paths);
    this.#clock = clock;
    this.#build = build;
    this.#servers = readers.map(({ pull }) => new MetricsServer(pull.exporter.prometheus, registry, resource));
    this.#logger = createLogger(config.logs, clock, this.#output);
    this.meter = registry;
    this.#ownTracer = new OwnTracer(config.traces, resource, build, this.logger('telemetry'));
    this.tracer = this.#ownTracer;

    const labels = resourceLabels(resource);
    registry.gauge({ name: 'target_info', kind: 'gauge', unit: '{target}', help: 'Target metadata', labels: Object.keys(labels) }, labels).set(1);
  }

  /** For the component with this id. */
  logger(id: string): Logger {
    return this.#logger.child({ component: id });
  }

  /** @throws Error that names the key of an address which cannot be had or a file which cannot be read */
  async start(): Promise<void> {
    this.#endProcessMetrics = observeProcess(this.meter, this.#clock, this.#build);
    for (const [i, server] of this.#servers.entries()) {
      await server.start().catch((cause: unknown) => {
        const reason = messageOf(cause);
        throw new Error(`metrics.readers[${i}].pull.exporter.prometheus: ${reason}`, { cause });
      });
    }
    await this.#ownTracer.start();
  }

  /**
   * To be asked once receivers listen, with their addresses: own traces that came in again would make new ones, without end.
   *
   * @throws Error that names the key of a destination which is one of `addresses`
   */
  refuseOwnReceivers(addresses: Readonly<Record<string, string>>): void {
    for (const [i, destination] of this.#ownTracer.destinations.entries()) {
      const own = ownAddress(destination, Object.values(addresses));
      if (own === undefined) continue;
      throw new Error(`traces.processors[${i}].batch.exporter.otlp.endpoint: ${destination} is a receiver of this process (${own}); send own traces elsewhere`);
    }
  }

  async shutdown(deadline: Deadline): Promise<void> {
    await this.#ownTracer.shutdown(deadline);
    await Promise.all(this.#servers.map((server) => server.shutdown()));
    this.#endProcessMetrics?.();
    this.#output.close();
  }

  /** `metrics` for the first reader, `metrics/1` for the next. */
  addresses(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.#servers.flatMap(({ address }, i) => (address === undefined ? [] : [[i === 0 ? 'metrics' : `metrics/${i}`, address]])),
    );
  }
}
