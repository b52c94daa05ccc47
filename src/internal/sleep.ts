import type { Clock } from './clock.ts';

/** Resolves after `delayMs`, or as soon as `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const wake = (): void => {
      clock.clearTimer(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = clock.setTimer(wake, delayMs);
    signal.addEventListener('abort', wake);
  });
}
