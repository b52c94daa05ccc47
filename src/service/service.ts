import type { Component, Deadline } from '../component/component.ts';
import type { Addressed, Host } from '../component/factory.ts';
import type { Logger } from '../component/logger.ts';
import type { Clock } from '../internal/clock.ts';
import { aborted } from '../internal/aborted.ts';
import { messageOf } from '../internal/message-of.ts';
import { sleep } from '../internal/sleep.ts';
import type { Built, Graph, GraphSettings, PipelinesConfig } from './graph.ts';
import { buildGraph } from './graph.ts';
import { partOf } from './shutdown-deadline.ts';

/** Of the time for a stop, what receivers may use to finish what they are at; the rest is for deciding and sending. */
const RECEIVERS_PART = 0.5;

/** How long a component that does not return when its time is over is waited for. */
const OVERTIME_MS = 1000;

/** Log, metrics and traces of this process. */
export interface ServiceTelemetry extends Component, Addressed {
  /** Asked once receivers listen, with their addresses. @throws Error when own traces would come in again there */
  refuseOwnReceivers(addresses: Readonly<Record<string, string>>): void;
}

/** What the service itself needs; the telemetry's life begins before it and ends after it. */
export interface ServiceSettings {
  component: GraphSettings['component'];
  readonly telemetry: ServiceTelemetry;
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * A configuration at work. Starts what is downstream first and stops what is upstream first; extensions live around the
 * pipelines, so that a health check answers during both.
 */
export class Service implements Component, Host, Addressed {
  readonly #settings: ServiceSettings;
  readonly #graph: Graph;
  readonly #waiting = new AbortController();
  #state: ReturnType<Host['state']> = 'starting';
  #stopped: Promise<void> | undefined;

  /** @throws Error that names the component which could not be built */
  constructor(config: PipelinesConfig, settings: ServiceSettings) {
    this.#settings = settings;
    this.#graph = buildGraph(config, { component: settings.component, host: this, signal: this.#waiting.signal });
  }

  state(): ReturnType<Host['state']> {
    return this.#state;
  }

  /**
   * @throws AggregateError with an Error for each component that could not start, which names it, or Error when own traces
   * would go in a circle; `shutdown` is still to be called
   */
  async start(): Promise<void> {
    const { receivers, processors, exporters, extensions } = this.#graph;
    const { telemetry } = this.#settings;
    const around = await startAll([{ name: 'service.telemetry', component: telemetry }, ...extensions]);
    const below = await startAll([...exporters, ...processors.flatMap((pipeline) => pipeline.toReversed())]);
    // Nothing is taken in that has nowhere to go. That others cannot listen is no reason not to say which receivers cannot.
    const above = below.length === 0 ? await startAll(receivers) : [];
    const failures = [...around, ...below, ...above];
    if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
    try {
      telemetry.refuseOwnReceivers(addressesOf(receivers));
    } catch (cause) {
      throw failureOf('service.telemetry', cause);
    }
    this.#state = 'ready';
  }

  shutdown(deadline: Deadline): Promise<void> {
    this.#stopped ??= this.#shutdownInOrder(deadline);
    return this.#stopped;
  }

  /** `receivers.otlp.grpc` → `127.0.0.1:4317`, for all that listens. */
  addresses(): Readonly<Record<string, string>> {
    const telemetry = { name: 'service.telemetry', component: this.#settings.telemetry };
    return addressesOf([...this.#graph.receivers, ...this.#graph.extensions, telemetry]);
  }

  async #shutdownInOrder(deadline: Deadline): Promise<void> {
    const hadStarted = this.#state === 'ready';
    this.#state = 'stopping';
    const endWaiting = (): void => this.#waiting.abort();
    if (deadline.signal.aborted) endWaiting();
    else deadline.signal.addEventListener('abort', endWaiting, { once: true });

    const { receivers, processors, exporters, extensions } = this.#graph;
    const forReceivers = partOf(deadline, this.#settings.clock, RECEIVERS_PART);
    await Promise.all(receivers.map((receiver) => this.#stop(receiver, forReceivers)));
    forReceivers.end();
    await Promise.all(
      processors.map(async (pipeline) => {
        for (const processor of pipeline) await this.#stop(processor, deadline);
      }),
    );
    await Promise.all(exporters.map((exporter) => this.#stop(exporter, deadline)));
    endWaiting();
    await Promise.all(extensions.map((extension) => this.#stop(extension, deadline)));
    this.#settings.logger.info({}, hadStarted ? 'Shutdown complete' : 'Not started; what had been started is stopped again');
    await this.#stop({ name: 'service.telemetry', component: this.#settings.telemetry }, deadline);
  }

  /** One that fails or hangs keeps none of the others from stopping. */
  async #stop({ name, component }: Built, deadline: Deadline): Promise<void> {
    const { clock, logger } = this.#settings;
    const returned = new AbortController();
    const stopping = component
      .shutdown(deadline)
      .catch((error: unknown) => logger.error({ component: name, error: String(error) }, 'A component failed to stop'))
      .finally(() => returned.abort());
    await aborted(AbortSignal.any([returned.signal, deadline.signal]));
    await Promise.race([stopping, sleep(clock, OVERTIME_MS, returned.signal)]);
    if (!returned.signal.aborted) logger.error({ component: name }, 'A component did not stop in time and is left behind');
  }
}

/** Starts all in this order, also after one that cannot; gives what is wrong with those. */
async function startAll(components: readonly Built[]): Promise<readonly Error[]> {
  const failures: Error[] = [];
  for (const { name, component } of components) {
    try {
      await component.start();
    } catch (cause) {
      failures.push(...(cause instanceof AggregateError ? cause.errors : [cause]).map((each) => failureOf(name, each)));
    }
  }
  return failures;
}

function failureOf(name: string, cause: unknown): Error {
  return new Error(`${name}: ${messageOf(cause)}`, { cause });
}

function addressesOf(listeners: readonly Built<Component & Addressed>[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    listeners.flatMap(({ name, component }) =>
      Object.entries(component.addresses()).map(([transport, address]) => [`${name}.${transport}`, address]),
    ),
  );
}
