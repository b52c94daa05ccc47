import type { z } from 'zod';
import type { Consumer } from '../consumer/consumer.ts';
import type { Clock } from '../internal/clock.ts';
import type { Signal } from '../pdata/otlp/signal.ts';
import type { Component } from './component.ts';
import type { Logger } from './logger.ts';
import type { Meter, MetricTable } from './meter.ts';
import type { Tracer } from './tracer.ts';

/** What the service hands to each component beside its configuration. */
export interface ComponentSettings {
  /** The full id as in the configuration: `type` or `type/name`. */
  readonly id: string;
  readonly logger: Logger;
  readonly meter: Meter;
  readonly tracer: Tracer;
  readonly clock: Clock;
  /** Uniform in [0, 1); for jitter, never for sampling decisions. */
  readonly random: () => number;
}

interface FactoryBase<Config> {
  /** The type as written in YAML, the Collector's spelling of today. */
  readonly type: string;
  /** Other spellings the Collector accepts for it. */
  readonly aliases: readonly string[];
  /** Types, defaults, checks and documentation of the component's block, in one. */
  readonly schema: z.ZodType<Config>;
  readonly metrics: MetricTable;
}

/** Where a receiver delivers each signal; a signal that no pipeline takes is absent and has to be refused. */
export type SignalConsumers = Readonly<Partial<Record<Signal, Consumer>>>;

export interface ReceiverFactory<Config> extends FactoryBase<Config> {
  readonly kind: 'receiver';
  readonly signals: readonly Signal[];
  /** Called once an id, however many pipelines name it. */
  create(config: Config, settings: ComponentSettings, next: SignalConsumers): Component & Addressed;
}

export interface ProcessorFactory<Config> extends FactoryBase<Config> {
  readonly kind: 'processor';
  readonly signals: readonly Signal[];
  /** Called once for each pipeline that names it. */
  create(config: Config, settings: ComponentSettings & { readonly signal: Signal }, next: Consumer): Component & Consumer;
}

export interface ExporterFactory<Config> extends FactoryBase<Config> {
  readonly kind: 'exporter';
  readonly signals: readonly Signal[];
  /** Called once an id and signal, however many pipelines name it. */
  create(config: Config, settings: ComponentSettings & { readonly signal: Signal }): Component & Consumer;
}

export interface ExtensionFactory<Config> extends FactoryBase<Config> {
  readonly kind: 'extension';
  create(config: Config, settings: ComponentSettings, host: Host): Component & Addressed;
}

/** A component that listens says where, for the log line that says all is ready. */
export interface Addressed {
  /** `host:port` by transport (`grpc`, `http`); ports are the real ones after start. Empty for one that does not listen. */
  addresses(): Readonly<Record<string, string>>;
}

/** What an extension may ask of the running service. */
export interface Host {
  /** `ready` from the moment everything listens until the stop begins. */
  state(): 'starting' | 'ready' | 'stopping';
}

export type AnyFactory =
  | ReceiverFactory<unknown>
  | ProcessorFactory<unknown>
  | ExporterFactory<unknown>
  | ExtensionFactory<unknown>;
