import { messageOf } from '../../../internal/message-of.ts';
import { healthRequestService, healthResponse, healthService, NOT_SERVING, SERVICE_UNKNOWN, SERVING } from '../../../pdata/service/health-service.ts';
import type { GrpcCall, GrpcMethod } from './grpc-call.ts';
import { GRPC_INVALID_ARGUMENT, GRPC_NOT_FOUND } from './grpc-status.ts';

/**
 * The health checking protocol, which Kubernetes and load balancers ask: every service serves until the stop begins.
 * https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export class GrpcHealth {
  readonly #services: ReadonlySet<string>;
  readonly #watching = new Map<GrpcCall, string>();
  #status: typeof SERVING | typeof NOT_SERVING = SERVING;

  /** `services` are the full names of those registered beside this one. */
  constructor(services: readonly string[]) {
    this.#services = new Set(['', ...services]);
  }

  /** By path. */
  methods(): readonly (readonly [string, GrpcMethod])[] {
    return [
      [healthService.Check.path, { handle: (call, message) => this.#withService(call, message, (service) => this.#check(call, service)) }],
      [healthService.Watch.path, { handle: (call, message) => this.#withService(call, message, (service) => this.#watch(call, service)) }],
    ];
  }

  /** Says so to all who ask, and ends the calls of those who watch, which would keep the server from closing. */
  stop(): void {
    if (this.#status === NOT_SERVING) return;
    this.#status = NOT_SERVING;
    for (const [call, service] of this.#watching) {
      if (this.#services.has(service)) call.write(healthResponse(NOT_SERVING));
      call.end();
    }
    this.#watching.clear();
  }

  #check(call: GrpcCall, service: string): void {
    if (this.#services.has(service)) call.end(healthResponse(this.#status));
    else call.fail({ code: GRPC_NOT_FOUND, message: `unknown service ${service}` });
  }

  #watch(call: GrpcCall, service: string): void {
    call.write(healthResponse(this.#services.has(service) ? this.#status : SERVICE_UNKNOWN));
    if (this.#status === NOT_SERVING) {
      call.end();
      return;
    }
    this.#watching.set(call, service);
    call.onClosed(() => this.#watching.delete(call));
  }

  #withService(call: GrpcCall, message: Uint8Array, answer: (service: string) => void): void {
    let service: string;
    try {
      service = healthRequestService(message);
    } catch (error) {
      call.fail({ code: GRPC_INVALID_ARGUMENT, message: messageOf(error) });
      return;
    } finally {
      call.release();
    }
    answer(service);
  }
}
