/** The time, handed in so that tests can tick it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. May jump when the system's time is set. */
  now(): number;
  /** Milliseconds of a clock that never goes back; only differences mean something. */
  monotonic(): number;
  /** Calls `callback` once after `delayMs`; the handle keeps no process alive. */
  setTimer(callback: () => void, delayMs: number): TimerHandle;
  clearTimer(handle: TimerHandle): void;
}

/** What `setTimer` gives back; opaque. */
export type TimerHandle = { readonly timer: unknown };

/** The system's own clocks and timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return { timer };
  },
  clearTimer(handle) {
    clearTimeout(handle.timer as NodeJS.Timeout);
  },
};
