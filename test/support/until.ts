import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again and again until `probe` gives something, for what another process does in its own time. Gives up, with
 * `what` in the message, only after a time no healthy run comes near.
 */
export async function until<T>(what: string, probe: () => T | undefined | false | Promise<T | undefined | false>, timeoutMs = 45_000): Promise<T> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > giveUpAt) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await sleep(20);
  }
}
