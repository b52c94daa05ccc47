import type { Component, Deadline } from '../../component/component.ts';
import type { Addressed, ComponentSettings, SignalConsumers } from '../../component/factory.ts';
import { SIGNALS } from '../../pdata/otlp/signal.ts';
import type { OtlpReceiverConfig } from './config.ts';
import { GrpcServer } from './grpc/grpc-server.ts';
import { HttpServer } from './http-server.ts';
import { Intake } from './intake.ts';
import type { Transport } from './receive-counters.ts';
import { TransportCounters } from './receive-counters.ts';
import { ScanPool } from './scan-pool.ts';

/** Takes OTLP in over gRPC and HTTP and hands each request on as the protobuf bytes it is. */
export class OtlpReceiver implements Component, Addressed {
  readonly #settings: ComponentSettings;
  readonly #grpc: GrpcServer | undefined;
  readonly #http: HttpServer | undefined;

  constructor(config: OtlpReceiverConfig, settings: ComponentSettings, next: SignalConsumers) {
    this.#settings = settings;
    const { grpc, http } = config.protocols;
    const scans = new ScanPool();
    const intakesOf = (transport: TransportCounters): readonly Intake[] =>
      SIGNALS.flatMap((signal) => {
        const consumer = next[signal];
        return consumer === undefined ? [] : [new Intake({ signal, transport, tracer: settings.tracer, scans, next: consumer })];
      });
    const countersOf = (transport: Transport) => new TransportCounters(settings.meter, settings.id, transport);
    if (grpc !== undefined) {
      const counters = countersOf('grpc');
      this.#grpc = new GrpcServer(grpc, intakesOf(counters), counters, settings);
    }
    if (http !== undefined) {
      const counters = countersOf('http');
      this.#http = new HttpServer(http, intakesOf(counters), counters);
    }
  }

  /** @throws AggregateError with one Error for each endpoint that cannot be listened at */
  async start(): Promise<void> {
    const failures: Error[] = [];
    for (const server of [this.#grpc, this.#http]) await server?.start().catch((error: Error) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join('; '));
  }

  async shutdown(deadline: Deadline): Promise<void> {
    const { clock } = this.#settings;
    await Promise.all([this.#grpc?.shutdown(deadline, clock), this.#http?.shutdown(deadline, clock)]);
  }

  addresses(): Readonly<Record<string, string>> {
    const grpc = this.#grpc?.address;
    const http = this.#http?.address;
    return { ...(grpc === undefined ? {} : { grpc }), ...(http === undefined ? {} : { http }) };
  }
}
