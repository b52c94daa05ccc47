import { once } from 'node:events';

/** Waits until `promise` resolves, at most until `signal` aborts. */
export async function settledOrAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const settled = new AbortController();
  const aborted = once(signal, 'abort', { signal: settled.signal }).catch(() => undefined);
  try {
    await Promise.race([promise, aborted]);
  } finally {
    settled.abort();
  }
}
