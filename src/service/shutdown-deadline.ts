import type { Deadline } from '../component/component.ts';
import type { Clock, TimerHandle } from '../internal/clock.ts';

/** Counts from its making. */
export class ShutdownDeadline implements Deadline {
  readonly #clock: Clock;
  readonly #endsAt: number;
  readonly #controller = new AbortController();
  readonly #timer: TimerHandle;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#endsAt = clock.monotonic() + timeoutMs;
    this.#timer = clock.setTimer(() => this.end(), timeoutMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  remainingMs(): number {
    return this.signal.aborted ? 0 : Math.max(0, this.#endsAt - this.#clock.monotonic());
  }

  /** The time is over now: all has stopped, or is asked to stop at once. */
  end(): void {
    this.#clock.clearTimer(this.#timer);
    this.#controller.abort();
  }
}

/** A deadline for one step of a stop, that leaves the rest of the time to the steps after it. */
export function partOf(deadline: Deadline, clock: Clock, fraction: number): ShutdownDeadline {
  const part = new ShutdownDeadline(clock, deadline.remainingMs() * fraction);
  if (deadline.signal.aborted) part.end();
  else deadline.signal.addEventListener('abort', () => part.end(), { once: true, signal: part.signal });
  return part;
}
