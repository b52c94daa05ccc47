import type { Component } from '../component/component.ts';
import type { Addressed, AnyFactory, ComponentSettings, Host, SignalConsumers } from '../component/factory.ts';
import type { Consumer } from '../consumer/consumer.ts';
import type { Branch } from '../consumer/fan-out.ts';
import { FanOut } from '../consumer/fan-out.ts';
import { SECTIONS } from '../config/components.ts';
import type { ComponentKind, Config, ConfiguredComponent, PipelineConfig } from '../config/config.ts';
import { messageOf } from '../internal/message-of.ts';
import type { Signal } from '../pdata/otlp/signal.ts';
import { metrics } from './metrics.ts';

/** A component of the running service, and what to call it in messages: `receivers.otlp`. */
export interface Built<Kind extends Component = Component> {
  readonly name: string;
  readonly component: Kind;
}

/** All components of a configuration, connected. */
export interface Graph {
  readonly receivers: readonly Built<Component & Addressed>[];
  /** One list a pipeline, in the order that data goes through. */
  readonly processors: readonly (readonly Built[])[];
  readonly exporters: readonly Built[];
  readonly extensions: readonly Built<Component & Addressed>[];
}

/** What of a configuration becomes a graph. */
export type PipelinesConfig = Pick<Config<AnyFactory, unknown>, 'receivers' | 'processors' | 'exporters' | 'extensions' | 'pipelines'>;

export interface GraphSettings {
  component(id: string): ComponentSettings;
  readonly host: Host;
  /** Ends all waiting for a consumer that cannot take anything at the moment. */
  readonly signal: AbortSignal;
}

/**
 * Builds what the pipelines name: an exporter once for each signal, a processor once for each pipeline, a receiver once.
 * Components that no pipeline names are checked and not built.
 *
 * @throws Error that names the component which could not be built
 */
export function buildGraph(config: PipelinesConfig, settings: GraphSettings): Graph {
  return new GraphBuilder(config, settings).build();
}

class GraphBuilder {
  readonly #config: PipelinesConfig;
  readonly #settings: GraphSettings;
  readonly #exporters = new Map<string, Built<Component & Consumer>>();
  readonly #processors: Built[][] = [];

  constructor(config: PipelinesConfig, settings: GraphSettings) {
    this.#config = config;
    this.#settings = settings;
  }

  build(): Graph {
    const heads = this.#config.pipelines.map((pipeline) => ({ pipeline, head: this.#buildPipeline(pipeline) }));
    const receiverIds = new Set(this.#config.pipelines.flatMap((pipeline) => pipeline.receivers));
    const receivers = [...receiverIds].map((id) => this.#buildReceiver(id, heads));
    return { receivers, processors: this.#processors, exporters: [...this.#exporters.values()], extensions: this.#buildExtensions() };
  }

  /** From its end to its beginning; gives what receivers deliver to. */
  #buildPipeline(pipeline: PipelineConfig): Consumer {
    const exporters = pipeline.exporters.map((id) => ({ destination: id, next: this.#exporter(id, pipeline.signal).component }));
    let next = this.#fanOut(exporters, pipeline.signal);
    const processors: Built[] = [];
    for (const id of pipeline.processors.toReversed()) {
      const configured = find(this.#config.processors, id);
      const built = create('processor', configured, () =>
        configured.type.create(configured.config, { ...this.#settings.component(id), signal: pipeline.signal }, next),
      );
      processors.unshift(built);
      next = built.component;
    }
    this.#processors.push(processors);
    return next;
  }

  #exporter(id: string, signal: Signal): Built<Component & Consumer> {
    const key = `${signal} ${id}`;
    const known = this.#exporters.get(key);
    if (known !== undefined) return known;
    const configured = find(this.#config.exporters, id);
    const built = create('exporter', configured, () => configured.type.create(configured.config, { ...this.#settings.component(id), signal }));
    this.#exporters.set(key, built);
    return built;
  }

  #buildReceiver(id: string, heads: readonly { readonly pipeline: PipelineConfig; readonly head: Consumer }[]): Built<Component & Addressed> {
    const next: Partial<Record<Signal, Consumer>> = {};
    const fed = heads.filter(({ pipeline }) => pipeline.receivers.includes(id));
    for (const signal of new Set(fed.map(({ pipeline }) => pipeline.signal))) {
      const destinations = fed.filter(({ pipeline }) => pipeline.signal === signal);
      next[signal] = this.#fanOut(destinations.map(({ pipeline, head }) => ({ destination: pipeline.id, next: head })), signal);
    }
    const configured = find(this.#config.receivers, id);
    const consumers: SignalConsumers = next;
    return create('receiver', configured, () => configured.type.create(configured.config, this.#settings.component(id), consumers));
  }

  #buildExtensions(): readonly Built<Component & Addressed>[] {
    return [...this.#config.extensions.values()].map((configured) =>
      create('extension', configured, () => configured.type.create(configured.config, this.#settings.component(configured.id), this.#settings.host)),
    );
  }

  #fanOut(destinations: readonly { readonly destination: string; readonly next: Consumer }[], signal: Signal): Consumer {
    const [only, ...others] = destinations;
    if (only !== undefined && others.length === 0) return only.next;
    const { clock, random, meter, logger } = this.#settings.component('fan_out');
    const branches = destinations.map(({ destination, next }): Branch => ({
      next,
      onLost(request, error) {
        meter.counter(metrics.fanOutFailedItems, { destination, data_type: signal, reason: error.code }).add(request.itemCount);
        logger.warn({ destination, items: request.itemCount, reason: error.code }, `Given up for one destination while others took it: ${error.message}`);
      },
    }));
    return new FanOut(branches, { clock, random, signal: this.#settings.signal });
  }
}

function create<Kind extends Component>(kind: ComponentKind, { id }: ConfiguredComponent<unknown>, make: () => Kind): Built<Kind> {
  const name = `${SECTIONS[kind]}.${id}`;
  try {
    return { name, component: make() };
  } catch (error) {
    throw new Error(`${name}: ${messageOf(error)}`, { cause: error });
  }
}

/** A checked configuration has all that its pipelines name. */
function find<Type>(components: ReadonlyMap<string, ConfiguredComponent<Type>>, id: string): ConfiguredComponent<Type> {
  const configured = components.get(id);
  if (configured === undefined) throw new Error(`the pipelines name ${id}, which the configuration does not have`);
  return configured;
}
