/** What clients may ping, as the Collector's `keepalive.enforcement_policy` says it. Milliseconds. */
export interface PingLimits {
  readonly minTimeMs: number;
  /** Whether they may while no call is open. */
  readonly permitWithoutStream: boolean;
}

/** The least time between pings while no call is open and that is not permitted. */
const WITHOUT_STREAM_MS = 2 * 60 * 60 * 1000;

/** Pings that come too soon and are still forgiven. */
const MAX_STRIKES = 2;

/**
 * Whether one client's pings are too many, by the rule of the servers that clients are tuned to
 * (https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md, "Server Enforcement").
 */
export class PingPolicy {
  readonly #limits: PingLimits;
  #strikes = 0;
  #lastPingMs = Number.NEGATIVE_INFINITY;
  #hasAnswered = false;

  constructor(limits: PingLimits) {
    this.#limits = limits;
  }

  /** A call was answered: pings are forgiven up to and including the next one, by which clients measure the way there. */
  callAnswered(): void {
    this.#hasAnswered = true;
  }

  /** Takes one ping; false when the client has to go. */
  allows(nowMs: number, hasOpenCalls: boolean): boolean {
    const { minTimeMs, permitWithoutStream } = this.#limits;
    const leastMs = hasOpenCalls || permitWithoutStream ? minTimeMs : WITHOUT_STREAM_MS;
    const isEarly = nowMs < this.#lastPingMs + leastMs;
    this.#lastPingMs = nowMs;
    if (this.#hasAnswered) this.#strikes = 0;
    else if (isEarly) this.#strikes++;
    this.#hasAnswered = false;
    return this.#strikes <= MAX_STRIKES;
  }
}
