import { exportMethod } from '../../src/pdata/service/export-method.ts';
import { quantile } from '../report/statistics.ts';
import { PauseWatch } from '../support/pauses.ts';
import { Workload } from '../workload.ts';
import { GrpcConnection } from './grpc-connection.ts';
import { grpcHeaders } from './http2-frames.ts';
import type { LoadOptions, LoadPhase, LoadReport } from './load-messages.ts';
import { CompressedRequests, StampedRequests, type ReadyRequest, type RequestSource } from './request-source.ts';

const HOST = '127.0.0.1';
/** How often an open loop looks what is due. */
const PACE_MS = 1;

/** Sends phases of load over its connections and measures them. */
export class LoadRunner {
  readonly #options: LoadOptions;
  readonly #workload: Workload;
  readonly #headers: Buffer;
  #connections: readonly GrpcConnection[] = [];
  #source: RequestSource;
  #fail: (error: Error) => void = () => undefined;
  #phase: PhaseRun | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#workload = new Workload(options);
    this.#headers = grpcHeaders(exportMethod('traces').path, `${HOST}:${options.port}`, options.isGzip ? 'gzip' : undefined);
    this.#source = new StampedRequests(this.#workload, this.#headers);
  }

  async open(): Promise<void> {
    const { connections, port } = this.#options;
    const opening = Array.from({ length: connections }, () => GrpcConnection.open(HOST, port, (error) => this.#fail(error)));
    this.#connections = await Promise.all(opening);
  }

  async prepare(spans: number): Promise<void> {
    if (this.#options.isGzip) this.#source = await CompressedRequests.prepare(this.#workload, this.#headers, spans);
  }

  run(phase: LoadPhase): Promise<LoadReport> {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#phase = new PhaseRun(this.#connections, this.#source, this.#options, phase, resolve);
      this.#phase.start();
    });
  }

  /** Changes the rate of the phase under way. */
  pace(spansPerSecond: number): void {
    this.#phase?.setPace(spansPerSecond);
  }
}

/** One phase from its first request to the last answer. */
class PhaseRun {
  readonly #connections: readonly GrpcConnection[];
  readonly #source: RequestSource;
  readonly #options: LoadOptions;
  readonly #phase: LoadPhase;
  readonly #onEnd: (report: LoadReport) => void;
  /** ms, by the second in which a request was due. */
  readonly #latencies: number[][] = [];
  readonly #startMs = performance.now();
  readonly #startLoop = performance.eventLoopUtilization();
  readonly #pauses = new PauseWatch();
  /** Requests of the round under way, the next one last. */
  #round: ReadyRequest[] = [];
  readonly #idle: GrpcConnection[];
  /** Of an open loop: ms from one request to the next, and when the next is due. */
  #intervalMs = 0;
  #dueMs = this.#startMs;
  #isOver = false;
  #isReported = false;
  #sent = 0;
  #messageBytes = 0;
  #answered = 0;
  #refused = 0;

  constructor(
    connections: readonly GrpcConnection[],
    source: RequestSource,
    options: LoadOptions,
    phase: LoadPhase,
    onEnd: (report: LoadReport) => void,
  ) {
    this.#connections = connections;
    this.#source = source;
    this.#options = options;
    this.#phase = phase;
    this.#onEnd = onEnd;
    this.#idle = Array.from({ length: options.inFlight }, () => [...this.#connections]).flat();
  }

  start(): void {
    if (this.#phase.spansPerSecond === undefined) {
      this.#sendToIdle();
    } else {
      this.setPace(this.#phase.spansPerSecond);
      this.#sendDue();
    }
    this.#endIfDone();
  }

  setPace(spansPerSecond: number): void {
    this.#intervalMs = (1000 * this.#options.spansPerRequest) / spansPerSecond;
  }

  /** Sends what is due; requests that find all connections busy are late, and their time counts from when they were due. */
  #sendDue(): void {
    while (this.#idle.length > 0 && this.#dueMs <= performance.now() && this.#sendNext(this.#dueMs)) this.#dueMs += this.#intervalMs;
    if (this.#isOver) this.#endIfDone();
    else setTimeout(() => this.#sendDue(), PACE_MS);
  }

  #sendToIdle(): void {
    while (this.#idle.length > 0 && this.#sendNext(performance.now()));
  }

  /** False when there is nothing more to send. */
  #sendNext(sinceMs: number): boolean {
    const request = this.#round.pop() ?? this.#beginRound();
    if (request === undefined) return false;
    const connection = this.#idle.pop()!;
    this.#sent++;
    this.#messageBytes += request.framed.messageBytes;
    connection.send(request.framed, (isOk) => {
      request.release();
      (this.#latencies[Math.floor((sinceMs - this.#startMs) / 1000)] ??= []).push(performance.now() - sinceMs);
      this.#answered++;
      if (!isOk) this.#refused++;
      this.#idle.unshift(connection);
      if (this.#phase.spansPerSecond === undefined) this.#sendToIdle();
      this.#endIfDone();
    });
    return true;
  }

  #beginRound(): ReadyRequest | undefined {
    const { maxSeconds, maxSpans = Number.POSITIVE_INFINITY } = this.#phase;
    const isFull = this.#sent * this.#options.spansPerRequest >= maxSpans || performance.now() - this.#startMs >= 1000 * maxSeconds;
    const round = this.#isOver || isFull ? undefined : this.#source.nextRound();
    if (round === undefined) {
      this.#isOver = true;
      return undefined;
    }
    this.#round = [...round].reverse();
    return this.#round.pop();
  }

  #endIfDone(): void {
    if (!this.#isOver || this.#answered < this.#sent || this.#isReported) return;
    this.#isReported = true;
    this.#onEnd(this.#report());
  }

  #report(): LoadReport {
    this.#pauses.stop();
    const sorted = Float64Array.from(this.#latencies.flat()).sort();
    return {
      spans: this.#sent * this.#options.spansPerRequest,
      messageBytes: this.#messageBytes,
      requests: this.#sent,
      refused: this.#refused,
      seconds: (performance.now() - this.#startMs) / 1000,
      latencyMs: { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: quantile(sorted, 1) },
      secondsP99Ms: this.#latencies.flatMap((second) => quantile(Float64Array.from(second).sort(), 0.99)),
      idleShare: 1 - performance.eventLoopUtilization(this.#startLoop).utilization,
      ownPauses: this.#pauses.pauses,
    };
  }
}
