import type { ServerUnaryCall, ServerWritableStream, UntypedServiceImplementation, sendUnaryData } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { HealthCheckRequest, HealthCheckResponse } from '../../pdata/service/health-service.ts';
import { NOT_SERVING, SERVICE_UNKNOWN, SERVING } from '../../pdata/service/health-service.ts';

type WatchCall = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

/**
 * The health checking protocol, which Kubernetes and load balancers ask: every service serves until the stop begins.
 * https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export class GrpcHealth {
  readonly #services: ReadonlySet<string>;
  readonly #watching = new Set<WatchCall>();
  #status: typeof SERVING | typeof NOT_SERVING = SERVING;

  /** `services` are the full names of those registered beside this one. */
  constructor(services: readonly string[]) {
    this.#services = new Set(['', ...services]);
  }

  implementation(): UntypedServiceImplementation {
    return {
      Check: (call: ServerUnaryCall<HealthCheckRequest, HealthCheckResponse>, answer: sendUnaryData<HealthCheckResponse>) => {
        const { service } = call.request;
        if (this.#services.has(service)) answer(null, { status: this.#status });
        else answer({ code: status.NOT_FOUND, details: `unknown service ${service}` });
      },
      Watch: (call: WatchCall) => {
        this.#watching.add(call);
        call.on('cancelled', () => this.#watching.delete(call));
        call.write({ status: this.#services.has(call.request.service) ? this.#status : SERVICE_UNKNOWN });
        if (this.#status === NOT_SERVING) this.#end(call);
      },
    };
  }

  /** Says so to all who ask, and ends the calls of those who watch, which would keep the server from closing. */
  stop(): void {
    if (this.#status === NOT_SERVING) return;
    this.#status = NOT_SERVING;
    for (const call of this.#watching) {
      if (this.#services.has(call.request.service)) call.write({ status: NOT_SERVING });
      this.#end(call);
    }
  }

  #end(call: WatchCall): void {
    this.#watching.delete(call);
    call.end();
  }
}
