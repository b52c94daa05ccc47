import type { z } from 'zod';

export type ComponentKind = 'receiver' | 'processor' | 'exporter' | 'extension';

/** What a configuration has to know of a component type; every factory is one. */
export interface ComponentType {
  readonly kind: ComponentKind;
  readonly type: string;
  readonly aliases: readonly string[];
  readonly schema: z.ZodType;
  /** Absent for what stands in no pipeline. */
  readonly signals?: readonly PipelineSignal[];
}

/** All that a configuration may name. */
export interface Registry<Type extends ComponentType, Telemetry> {
  readonly components: readonly Type[];
  /** Of `service.telemetry`. */
  readonly telemetry: z.ZodType<Telemetry>;
}

export type PipelineSignal = 'traces' | 'metrics' | 'logs';

/** A whole configuration, checked: every reference leads to a component that can do what is asked of it. */
export interface Config<Type extends ComponentType, Telemetry> {
  readonly receivers: Components<Extract<Type, { kind: 'receiver' }>>;
  readonly processors: Components<Extract<Type, { kind: 'processor' }>>;
  readonly exporters: Components<Extract<Type, { kind: 'exporter' }>>;
  /** Those that `service.extensions` names, in its order. */
  readonly extensions: Components<Extract<Type, { kind: 'extension' }>>;
  readonly pipelines: readonly PipelineConfig[];
  readonly telemetry: Telemetry;
  readonly shutdownTimeoutMs: number;
}

/** By id, `type` or `type/name`. */
export type Components<Type> = ReadonlyMap<string, ConfiguredComponent<Type>>;

export interface ConfiguredComponent<Type> {
  readonly id: string;
  readonly type: Type;
  /** What the schema of `type` made of the block. */
  readonly config: unknown;
}

export interface PipelineConfig {
  /** `signal` or `signal/name`. */
  readonly id: string;
  readonly signal: PipelineSignal;
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}
