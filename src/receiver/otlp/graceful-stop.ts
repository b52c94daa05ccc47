import type { Deadline } from '../../component/component.ts';
import type { Clock } from '../../internal/clock.ts';

/** Longest wait for clients that are slow to finish what they have begun. */
const MAX_GRACE_MS = 5000;

/**
 * Waits for `finished`, what is under way, and calls `force` when it takes too long: half of what the deadline leaves, so
 * that a client which never ends its request does not take the time that the rest of the pipeline needs to drain.
 */
export async function stopGracefully(finished: Promise<unknown>, force: () => void, deadline: Deadline, clock: Clock): Promise<void> {
  if (deadline.signal.aborted) force();
  const timer = clock.setTimer(force, Math.min(MAX_GRACE_MS, deadline.remainingMs() / 2));
  deadline.signal.addEventListener('abort', force, { once: true });
  try {
    await finished;
  } finally {
    clock.clearTimer(timer);
    deadline.signal.removeEventListener('abort', force);
  }
}
