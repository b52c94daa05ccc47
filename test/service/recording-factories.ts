import { z } from 'zod';
import type { Component, Deadline } from '../../src/component/component.ts';
import type { Addressed, AnyFactory, SignalConsumers } from '../../src/component/factory.ts';
import type { Consumer } from '../../src/consumer/consumer.ts';
import type { ExportRequest } from '../../src/pdata/otlp/export-request.ts';
import { SIGNALS } from '../../src/pdata/otlp/signal.ts';

type Behaviour = 'fails_to_create' | 'fails_to_start' | 'fails_to_stop' | 'hangs';

const schema = z.strictObject({ behaviour: z.custom<Behaviour>().optional() });
type FakeConfig = z.output<typeof schema>;

/** A component that writes down what is done to it. */
class RecordedComponent implements Component, Addressed {
  readonly #name: string;
  readonly #behaviour: Behaviour | undefined;
  readonly #events: string[];

  constructor(name: string, { behaviour }: FakeConfig, events: string[]) {
    if (behaviour === 'fails_to_create') throw new Error('no such thing');
    this.#name = name;
    this.#behaviour = behaviour;
    this.#events = events;
  }

  async start(): Promise<void> {
    if (this.#behaviour === 'fails_to_start') throw new Error('the port is taken');
    this.#events.push(`start ${this.#name}`);
  }

  async shutdown(deadline: Deadline): Promise<void> {
    this.#events.push(`stop ${this.#name}`);
    if (this.#behaviour === 'fails_to_stop') throw new Error('stuck');
    if (this.#behaviour === 'hangs') await new Promise((resolve) => deadline.signal.addEventListener('never', resolve));
  }

  addresses(): Readonly<Record<string, string>> {
    return { test: `${this.#name}:1` };
  }
}

class RecordedConsumer extends RecordedComponent implements Consumer {
  readonly #consume: (request: ExportRequest) => Promise<void>;

  constructor(name: string, config: FakeConfig, events: string[], consume: (request: ExportRequest) => Promise<void>) {
    super(name, config, events);
    this.#consume = consume;
  }

  consume(request: ExportRequest): Promise<void> {
    return this.#consume(request);
  }
}

/** Components of each kind, of type `fake`, that record what the service does with them. */
export class RecordingFactories {
  readonly events: string[] = [];
  /** Where each receiver delivers, by id: what a test sends into the pipelines. */
  readonly receivers = new Map<string, SignalConsumers>();
  readonly factories: readonly AnyFactory[];

  constructor() {
    const base = { type: 'fake', aliases: [], schema, metrics: {}, signals: SIGNALS };
    const { events, receivers } = this;
    this.factories = [
      {
        ...base,
        kind: 'receiver',
        create(config: FakeConfig, { id }, next) {
          receivers.set(id, next);
          return new RecordedComponent(`receiver ${id}`, config, events);
        },
      },
      {
        ...base,
        kind: 'processor',
        create: (config: FakeConfig, { id, signal }, next) =>
          new RecordedConsumer(`processor ${id} ${signal}`, config, events, (request) => {
            events.push(`${id} ${signal}`);
            return next.consume(request);
          }),
      },
      {
        ...base,
        kind: 'exporter',
        create: (config: FakeConfig, { id, signal }) =>
          new RecordedConsumer(`exporter ${id} ${signal}`, config, events, async () => void events.push(`${id} ${signal}`)),
      },
      { ...base, kind: 'extension', create: (config: FakeConfig, { id }) => new RecordedComponent(`extension ${id}`, config, events) },
    ];
  }
}
