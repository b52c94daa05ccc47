import type {
  ConnectionInjector,
  ServerInterceptingCall,
  ServerInterceptingCallInterface,
  ServerInterceptor,
  ServerOptions,
  ServerUnaryCall,
  sendUnaryData,
} from '@grpc/grpc-js';
import { Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { Server as NetServer } from 'node:net';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Deadline } from '../../component/component.ts';
import { loadServerTls } from '../../config/tls.ts';
import type { ConsumeError } from '../../consumer/consume-error.ts';
import { grpcStatusOf } from '../../consumer/status.ts';
import type { Clock } from '../../internal/clock.ts';
import { exportMethod } from '../../pdata/service/export-method.ts';
import { encodeExportResponse } from '../../pdata/service/export-response.ts';
import { healthService } from '../../pdata/service/health-service.ts';
import { encodeRpcStatus } from '../../pdata/service/rpc-status.ts';
import type { GrpcConfig } from './config.ts';
import { stopGracefully } from './graceful-stop.ts';
import { GrpcHealth } from './grpc-health.ts';
import { withWideWindow } from './grpc-window.ts';
import type { Intake } from './intake.ts';
import type { Listening } from './listen.ts';
import { listen } from './listen.ts';
import type { RefusalReason, TransportCounters } from './receive-counters.ts';

const STATUS_DETAILS = 'grpc-status-details-bin';

/** OTLP over gRPC (opentelemetry-proto, `docs/specification.md`, "OTLP/gRPC"). */
export class GrpcServer {
  readonly #config: GrpcConfig;
  readonly #server: Server;
  readonly #health: GrpcHealth;
  #listening: Listening | undefined;
  #isStopping = false;

  /** Serves the signals of `intakes`; any other is answered UNIMPLEMENTED. */
  constructor(config: GrpcConfig, intakes: readonly Intake[], counters: TransportCounters) {
    this.#config = config;
    this.#server = new Server({ ...channelOptions(config), interceptors: [countEarlyRefusals(counters)] });
    for (const intake of intakes) this.#serve(intake);
    this.#health = new GrpcHealth(intakes.map(({ signal }) => serviceName(exportMethod(signal).path)));
    this.#server.addService(healthService(), this.#health.implementation());
  }

  /** `host:port`; undefined when it does not listen. */
  get address(): string | undefined {
    return this.#listening?.address;
  }

  /** @throws Error that names the key when it cannot listen or a file of `tls` is wrong. */
  async start(): Promise<void> {
    const { opened: connections } = withWideWindow(this.#server, () =>
      this.#server.createConnectionInjector(ServerCredentials.createInsecure()),
    );
    this.#listening = await listen('protocols.grpc', this.#config.endpoint, listenerOf(this.#config, connections));
  }

  /** Takes no more requests, lets those under way finish, and breaks off what takes too long. */
  async shutdown(deadline: Deadline, clock: Clock): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#health.stop();
    const isShutDown = new Promise<void>((resolve) => {
      this.#server.tryShutdown(() => resolve());
    });
    // On Node.js 24 tryShutdown calls back at once, with requests still under way; their connections tell.
    const finished = Promise.all([isShutDown, this.#listening?.close()]);
    // forceShutdown breaks off no connection while channelz is off (grpc-js 1.14).
    await stopGracefully(finished, () => this.#listening?.destroy(), deadline, clock);
  }

  #serve(intake: Intake): void {
    const Export = (call: ServerUnaryCall<Uint8Array, Uint8Array>, answer: sendUnaryData<Uint8Array>): void => {
      intake.receive(call.request, (error, { rejectedItems, errorMessage }) => {
        if (error === undefined) answer(null, encodeExportResponse(rejectedItems, errorMessage));
        else answer(statusOf(error));
      });
    };
    this.#server.addService({ Export: exportMethod(intake.signal) }, { Export });
  }
}

/** TLS ends in front of grpc-js, whose own credentials cannot ask for a version of it. */
function listenerOf(config: GrpcConfig, connections: ConnectionInjector): () => NetServer {
  const { tls } = config;
  if (tls === undefined) return () => createServer({ noDelay: true }, (socket) => connections.injectConnection(socket));
  const { context, requestCert } = loadServerTls(tls);
  return () =>
    createTlsServer({ ...context, requestCert, rejectUnauthorized: requestCert, ALPNProtocols: ['h2'] }, (socket) =>
      connections.injectConnection(socket),
    );
}

function channelOptions(config: GrpcConfig): ServerOptions {
  const { max_connection_idle, max_connection_age, max_connection_age_grace, time, timeout } =
    config.keepalive?.server_parameters ?? {};
  const options: Record<string, number | undefined> = {
    'grpc.max_receive_message_length': Math.floor(config.max_recv_msg_size_mib * 1024 * 1024),
    'grpc.max_concurrent_streams': config.max_concurrent_streams,
    'grpc.max_connection_idle_ms': max_connection_idle,
    'grpc.max_connection_age_ms': max_connection_age,
    'grpc.max_connection_age_grace_ms': max_connection_age_grace,
    'grpc.keepalive_time_ms': time,
    'grpc.keepalive_timeout_ms': timeout,
    // Statistics of every call, which nobody asks for here.
    'grpc.enable_channelz': 0,
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** A failure with its details as google.rpc.Status, RetryInfo among them. */
function statusOf(error: ConsumeError): { code: number; details: string; metadata: Metadata } {
  const code = grpcStatusOf(error.code);
  const metadata = new Metadata();
  const details = encodeRpcStatus({ code, message: error.message, retryDelayMs: error.retryAfterMs });
  metadata.set(STATUS_DETAILS, Buffer.from(details));
  return { code, details: error.message, metadata };
}

type SendStatus = ServerInterceptingCallInterface['sendStatus'];

/**
 * Counts what grpc-js refuses before our handler sees it: messages that are too large or cannot be decompressed. They are
 * told from our own answers by having no status details. What cannot be decompressed gets the status of malformed input;
 * grpc-js takes it for a fault of the server.
 *
 * All calls share one function: a closure of its own in each would keep every call alive until the next full garbage
 * collection, which was a third of the cost of a small request.
 */
function countEarlyRefusals(counters: TransportCounters): ServerInterceptor {
  function sendStatus(this: ServerInterceptingCallInterface, answer: Parameters<SendStatus>[0]): void {
    const { sendStatus: send } = Object.getPrototypeOf(this) as { readonly sendStatus: SendStatus };
    if (answer.code === status.OK || answer.metadata?.get(STATUS_DETAILS).length) {
      send.call(this, answer);
      return;
    }
    const code = answer.code === status.INTERNAL ? status.INVALID_ARGUMENT : answer.code;
    const reason = EARLY_REASONS.get(code);
    if (reason !== undefined) counters.refuseRequest(reason);
    send.call(this, { ...answer, code });
  }
  return (_method, call) => {
    call.sendStatus = sendStatus;
    // The type asks for a wrapper, whose own sendStatus the call would not use for what it refuses by itself.
    return call as ServerInterceptingCall;
  };
}

const EARLY_REASONS: ReadonlyMap<number, RefusalReason> = new Map([
  [status.INVALID_ARGUMENT, 'malformed'],
  [status.RESOURCE_EXHAUSTED, 'too_large'],
  [status.UNIMPLEMENTED, 'unsupported_content_encoding'],
]);

/** `/package.Service/Method` to `package.Service`. */
function serviceName(path: string): string {
  return path.slice(1, path.lastIndexOf('/'));
}
