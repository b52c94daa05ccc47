import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { settledOrAborted } from '../../src/internal/settled-or-aborted.ts';

const forever = new Promise<void>(() => undefined);

describe('settledOrAborted', () => {
  test('waits for the promise and leaves no listener', async () => {
    const { signal } = new AbortController();
    await settledOrAborted(Promise.resolve(), signal);
    await expect(settledOrAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('waits no longer than until the abort', async () => {
    const controller = new AbortController();
    const waiting = settledOrAborted(forever, controller.signal);
    controller.abort();
    await expect(waiting).resolves.toBeUndefined();
    await expect(settledOrAborted(forever, controller.signal)).resolves.toBeUndefined();
  });
});
