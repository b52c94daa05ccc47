import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Deadline } from '../../../component/component.ts';
import { loadServerTls } from '../../../config/tls.ts';
import type { ConsumeError } from '../../../consumer/consume-error.ts';
import { grpcStatusOf } from '../../../consumer/status.ts';
import { BufferPool } from '../../../internal/buffer-pool.ts';
import type { Clock } from '../../../internal/clock.ts';
import { exportMethod } from '../../../pdata/service/export-method.ts';
import { encodeExportResponse } from '../../../pdata/service/export-response.ts';
import { encodeRpcStatus } from '../../../pdata/service/rpc-status.ts';
import type { GrpcConfig } from '../config.ts';
import { stopGracefully } from '../graceful-stop.ts';
import type { Intake } from '../intake.ts';
import { listen, type Listening } from '../listen.ts';
import type { TransportCounters } from '../receive-counters.ts';
import type { GrpcMethod } from './grpc-call.ts';
import { GrpcHealth } from './grpc-health.ts';
import { GrpcSession, type ConnectionLimits, type GrpcSessionOptions } from './grpc-session.ts';
import { shortened, type GrpcFailure } from './grpc-status.ts';

const MIB = 1024 * 1024;

/** As in the Collector, where keepalive is not configured. */
const DEFAULT_PING_AFTER_MS = 2 * 60 * 60 * 1000;
const DEFAULT_PING_TIMEOUT_MS = 20_000;

export interface GrpcServerSettings {
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * OTLP over gRPC (opentelemetry-proto, `docs/specification.md`, "OTLP/gRPC"), on HTTP/2 of our own (../http2).
 */
export class GrpcServer {
  readonly #config: GrpcConfig;
  readonly #health: GrpcHealth;
  readonly #options: GrpcSessionOptions;
  readonly #sessions = new Set<GrpcSession>();
  #listening: Listening | undefined;
  #isStopping = false;

  /** Serves the signals of `intakes`; any other is answered UNIMPLEMENTED. */
  constructor(config: GrpcConfig, intakes: readonly Intake[], counters: TransportCounters, settings: GrpcServerSettings) {
    this.#config = config;
    const exports = intakes.map((intake) => [exportMethod(intake.signal).path, exportOf(intake)] as const);
    this.#health = new GrpcHealth(exports.map(([path]) => serviceName(path)));
    this.#options = {
      ...settings,
      methods: new Map([...exports, ...this.#health.methods()]),
      limits: limitsOf(config),
      pool: new BufferPool(),
      maxMessageBytes: Math.floor(config.max_recv_msg_size_mib * MIB),
      refused: (reason) => counters.refuseRequest(reason),
    };
  }

  /** `host:port`; undefined when it does not listen. */
  get address(): string | undefined {
    return this.#listening?.address;
  }

  /** @throws Error that names the key when it cannot listen or a file of `tls` is wrong. */
  async start(): Promise<void> {
    this.#listening = await listen('protocols.grpc', this.#config.endpoint, this.#listener());
  }

  /** Takes no more requests, lets those under way finish, and breaks off what takes too long. */
  async shutdown(deadline: Deadline, clock: Clock): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    const closed = this.#listening?.close() ?? Promise.resolve();
    this.#health.stop();
    for (const session of this.#sessions) session.close();
    await stopGracefully(closed, () => this.#listening?.destroy(), deadline, clock);
  }

  #listener(): () => NetServer {
    const accept = (socket: Socket): void => this.#accept(socket);
    const { tls } = this.#config;
    if (tls === undefined) return () => createServer({ noDelay: true }, accept);
    const { context, requestCert } = loadServerTls(tls);
    return () => createTlsServer({ ...context, requestCert, rejectUnauthorized: requestCert, ALPNProtocols: ['h2'] }, accept);
  }

  /** Serves one connection. */
  #accept(socket: Socket): void {
    if (socket.destroyed) return;
    const session = new GrpcSession(socket, this.#options, (closed) => this.#sessions.delete(closed));
    this.#sessions.add(session);
    if (this.#isStopping) session.close();
  }
}

function exportOf(intake: Intake): GrpcMethod {
  return {
    handle(call, message, isLent) {
      intake.receive(message, isLent, (error, { rejectedItems, errorMessage }) => {
        call.release();
        if (error === undefined) call.end(encodeExportResponse(rejectedItems, errorMessage));
        else call.fail(failureOf(error));
      });
    },
  };
}

/** A failure with its details as google.rpc.Status, RetryInfo among them. */
function failureOf(error: ConsumeError): GrpcFailure {
  const code = grpcStatusOf(error.code);
  const message = shortened(error.message);
  return { code, message, details: encodeRpcStatus({ code, message, retryDelayMs: error.retryAfterMs }) };
}

function limitsOf(config: GrpcConfig): ConnectionLimits {
  const { server_parameters: parameters, enforcement_policy: enforcement } = config.keepalive ?? {};
  return {
    maxConcurrentStreams: config.max_concurrent_streams,
    maxIdleMs: parameters?.max_connection_idle,
    maxAgeMs: parameters?.max_connection_age,
    maxAgeGraceMs: parameters?.max_connection_age_grace,
    pingAfterMs: parameters?.time ?? DEFAULT_PING_AFTER_MS,
    pingTimeoutMs: parameters?.timeout ?? DEFAULT_PING_TIMEOUT_MS,
    pings: enforcement === undefined ? undefined : { minTimeMs: enforcement.min_time, permitWithoutStream: enforcement.permit_without_stream },
  };
}

/** `/package.Service/Method` to `package.Service`. */
function serviceName(path: string): string {
  return path.slice(1, path.lastIndexOf('/'));
}
