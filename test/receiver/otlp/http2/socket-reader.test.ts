import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { readSocket, readsInto } from '../../../../src/receiver/otlp/http2/socket-reader.ts';

/** Both ends of a connection, the server's first. */
async function connected(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  return [socket, client];
}

// Where this fails, a Node.js has changed its insides: it still works, and costs a third more.
test('Node.js lets a server read into a buffer of its own', async () => {
  const [socket, client] = await connected();
  const buffer = Buffer.alloc(16);
  const reads: string[] = [];
  expect(readsInto(socket, buffer, (bytes, size) => reads.push(Buffer.from(bytes.subarray(0, size)).toString()))).toBe(true);
  socket.resume();
  client.write('into the buffer');
  await expect.poll(() => reads.join('')).toBe('into the buffer');
  expect(buffer.toString()).toContain('into the buffer');
});

test('all that is sent is read in order, from several sockets in turns, across pauses, to the end', async () => {
  const sent = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => (i * 7) ^ (i >> 8)));
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      const [socket, client] = await connected();
      const parts: Buffer[] = [];
      readSocket(socket, (bytes, size) => {
        parts.push(Buffer.from(bytes.subarray(0, size)));
        if (parts.length % 3 !== 0) return;
        socket.pause();
        setImmediate(() => socket.resume());
      });
      client.end(sent);
      await once(socket, 'end');
      expect(Buffer.concat(parts).equals(sent)).toBe(true);
    }),
  );
});

test('nothing is read while a socket is paused', async () => {
  const [socket, client] = await connected();
  let bytes = 0;
  readSocket(socket, (_, size) => {
    bytes += size;
    socket.pause();
  });
  client.write(Buffer.alloc(4_000_000));
  await expect.poll(() => bytes).toBeGreaterThan(0);
  const before = bytes;
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
  expect(bytes).toBe(before);
});

test('a socket that always has more leaves turns to others', async () => {
  const [socket, client] = await connected();
  const sent = 8_000_000;
  const read = { total: 0, inTurn: 0, mostInTurn: 0 };
  readSocket(socket, (_, size) => {
    read.total += size;
    read.inTurn += size;
  });
  client.write(Buffer.alloc(sent));
  while (read.total < sent) {
    await new Promise(setImmediate);
    read.mostInTurn = Math.max(read.mostInTurn, read.inTurn);
    read.inTurn = 0;
  }
  expect(read.mostInTurn).toBeLessThanOrEqual(2 * 128 * 1024);
});
