import { afterEach, describe, expect, test } from 'vitest';
import { HttpListener } from '../../src/internal/http-listener.ts';

const listeners: HttpListener[] = [];

afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close();
});

function create(host: string): HttpListener {
  const listener = new HttpListener({ host, port: 0 }, (_, response) => void response.end('here'));
  listeners.push(listener);
  return listener;
}

describe('the listener', () => {
  test.each(['localhost', '127.0.0.1', '0.0.0.0', ''])('host "%s" can be reached over IPv4', async (host) => {
    const listener = create(host);
    await listener.listen();
    const port = listener.address?.split(':').at(-1);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('here');
  });

  test('the address has the host as configured and the real port', async () => {
    const listener = create('localhost');
    expect(listener.address).toBeUndefined();
    await listener.listen();
    expect(listener.address).toMatch(/^localhost:[1-9]\d*$/);
  });

  test('a host that nobody knows is an error', async () => {
    await expect(create('no-such-host.invalid').listen()).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
  });

  test('close ends connections that wait, and is safe twice and before', async () => {
    const listener = new HttpListener({ host: '127.0.0.1', port: 0 }, () => undefined);
    await listener.close();
    await listener.listen();
    const hanging = fetch(`http://${listener.address}/`).then(
      () => 'answered',
      () => 'ended',
    );
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    await listener.close();
    await listener.close();
    expect(await hanging).toBe('ended');
    expect(listener.address).toBeUndefined();
  });
});
