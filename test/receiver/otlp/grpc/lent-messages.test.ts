import { describe, expect, test } from 'vitest';
import { deflateSync, gzipSync } from 'node:zlib';
import { ConsumeError } from '../../../../src/consumer/consume-error.ts';
import type { Consumer } from '../../../../src/consumer/consumer.ts';
import type { ExportRequest } from '../../../../src/pdata/otlp/export-request.ts';
import { CANCEL, DATA, END_HEADERS, END_STREAM, HEADERS, MAX_FRAME_BYTES, RST_STREAM } from '../../../../src/receiver/otlp/http2/frames.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { encodeRequest, span, tracesOf } from '../../../support/otlp.ts';
import { seededRandom, shuffled } from '../../../support/random.ts';
import { RawConnection, frame, headerBlock, uint32 } from '../http2/raw-connection.ts';
import { startReceiver } from '../start-receiver.ts';
import { EXPORT_HEADERS, prefixed } from './http2-call.ts';

/**
 * A message lies in a buffer that is used again once nobody looks at it. Who looks is the pipeline, for as long as it likes
 * and whatever becomes of the call meanwhile: what it sees must not change until it has said that it is done.
 */

const METADATA = {
  gzip: headerBlock({ 'grpc-encoding': 'gzip' }),
  deflate: headerBlock({ 'grpc-encoding': 'deflate' }),
  identity: Buffer.alloc(0),
  // Over with the next tick of the clock.
  timeout: headerBlock({ 'grpc-timeout': '1m' }),
};

interface Held {
  readonly request: ExportRequest;
  /** Its bytes when it came. */
  readonly before: Buffer;
  readonly settle: (error?: ConsumeError) => void;
}

/** Holds each request until it is let go, and says whose bytes have changed by then. */
class SlowConsumer implements Consumer {
  readonly held: Held[] = [];
  /** All that came. */
  readonly seen: Buffer[] = [];
  changed = 0;

  consume(request: ExportRequest): Promise<void> {
    const before = Buffer.from(request.bytes);
    this.seen.push(before);
    return new Promise((resolve, reject) => {
      const settle = (error?: ConsumeError): void => (error === undefined ? resolve() : reject(error));
      this.held.push({ request, before, settle });
    });
  }

  letGo(held: Held, error?: ConsumeError): void {
    this.held.splice(this.held.indexOf(held), 1);
    if (!held.before.equals(held.request.bytes)) this.changed++;
    held.settle(error);
  }
}

type Encoding = 'identity' | 'gzip' | 'deflate';

/** What one call sends; each is different in all of its bytes. */
function messageOf(id: number, size: number): Buffer {
  const letter = String.fromCodePoint(0x21 + (id % 90));
  return Buffer.from(encodeRequest('traces', tracesOf([span({ name: `${id} ${letter.repeat(size)}` })])));
}

function callFrames(stream: number, message: Buffer, encoding: Encoding, hasTimeout = false): Buffer[] {
  const packed = { identity: (bytes: Buffer) => bytes, gzip: (bytes: Buffer) => gzipSync(bytes, { level: 1 }), deflate: deflateSync }[encoding](message);
  const body = prefixed(packed, { flag: encoding === 'identity' ? 0 : 1 });
  const fields = Buffer.concat([EXPORT_HEADERS, METADATA[encoding], hasTimeout ? METADATA.timeout : Buffer.alloc(0)]);
  const frames = [frame(HEADERS, END_HEADERS, stream, fields)];
  for (let at = 0; at < body.length; at += MAX_FRAME_BYTES) {
    const isLast = at + MAX_FRAME_BYTES >= body.length;
    frames.push(frame(DATA, isLast ? END_STREAM : 0, stream, body.subarray(at, at + MAX_FRAME_BYTES)));
  }
  return frames;
}

describe.each<Encoding>(['identity', 'gzip', 'deflate'])('%s', (encoding) => {
  test('what the pipeline holds stays as it is while other calls come, are taken back, run out of time and lose their connection', async () => {
    const random = seededRandom(7);
    const consumer = new SlowConsumer();
    const clock = new ManualClock();
    const { grpcPort, settings } = await startReceiver({ clock, next: { traces: consumer } });
    const connections = Array.from({ length: 3 }, () => RawConnection.open(grpcPort));
    const sent = new Set<string>();
    let stream = 1;
    for (let id = 0; id < 600; id++, stream += 2) {
      const at = id % connections.length;
      const connection = connections[at]!;
      const message = messageOf(id, Math.floor(2 + 60_000 * random() ** 6 + (id % 100 === 0 ? 1_500_000 : 0)));
      sent.add(message.toString('latin1'));
      const fate = random();
      const frames = callFrames(stream, message, encoding, fate < 0.2);
      if (fate > 0.95) {
        // Half of it: its buffer goes back at once.
        connection.send(...frames.slice(0, -1), frame(RST_STREAM, 0, stream, uint32(CANCEL)));
      } else {
        connection.send(...frames);
        if (fate > 0.7) connection.send(frame(RST_STREAM, 0, stream, uint32(CANCEL)));
      }
      if (id % 10 === 9) {
        await Promise.all(connections.map((each) => each.settle()));
        clock.tick(100);
        for (const held of shuffled(consumer.held, random).slice(0, Math.floor(consumer.held.length / 3))) {
          consumer.letGo(held, random() < 0.3 ? new ConsumeError('overloaded', 'full') : undefined);
        }
      }
      if (id % 150 === 149) {
        connection.reset();
        await connection.closed;
        connections[at] = RawConnection.open(grpcPort);
      }
    }
    await Promise.all(connections.map((each) => each.settle()));
    while (consumer.held.length > 0) consumer.letGo(consumer.held[0]!);
    expect(consumer.changed).toBe(0);
    // And each is one that was sent: none was put together from two.
    expect(consumer.seen.length).toBeGreaterThan(500);
    expect(consumer.seen.filter((bytes) => !sent.has(bytes.toString('latin1')))).toEqual([]);
    await expect.poll(() => settings.meter.total('tailrace_receiver_in_flight_requests')).toBe(0);
    expect(settings.meter.total('tailrace_receiver_refused_requests')).toBeGreaterThan(0);
  });

  test('who would keep a message is told to copy it', async () => {
    const consumer = new SlowConsumer();
    const { grpcPort } = await startReceiver({ next: { traces: consumer } });
    const connection = RawConnection.open(grpcPort);
    for (const [i, size] of [1, 3900, 60_000, 1_000_000].entries()) connection.send(...callFrames(2 * i + 1, messageOf(i, size), encoding));
    await expect.poll(() => consumer.held.length).toBe(4);
    expect(consumer.held.map(({ request }) => request.retainable)).toEqual([false, false, false, false]);
  });

  test('buffers are used again once the pipeline is done', async () => {
    const consumer = new SlowConsumer();
    const { grpcPort } = await startReceiver({ next: { traces: consumer } });
    const connection = RawConnection.open(grpcPort);
    const places = new Set<ArrayBufferLike>();
    for (let i = 0; i < 20; i++) {
      connection.send(...callFrames(2 * i + 1, messageOf(i, 20_000), encoding));
      await expect.poll(() => consumer.held.length, { interval: 2 }).toBe(1);
      const held = consumer.held[0]!;
      places.add(held.request.bytes.buffer);
      consumer.letGo(held, i % 2 === 0 ? undefined : new ConsumeError('rejected', 'no'));
      await expect.poll(() => connection.isAnswered(2 * i + 1), { interval: 2 }).toBe(true);
    }
    expect(places.size).toBeLessThan(4);
  });
});

test('a message that is decompressed beside may be kept: nobody else has its memory', async () => {
  const consumer = new SlowConsumer();
  const { grpcPort } = await startReceiver({ next: { traces: consumer } });
  const connection = RawConnection.open(grpcPort);
  connection.send(...callFrames(1, messageOf(1, 5_000_000), 'gzip'));
  await expect.poll(() => consumer.held.length).toBe(1);
  const kept = consumer.held[0]!;
  expect(kept.request.retainable).toBe(true);
  consumer.letGo(kept);
  for (let i = 2; i < 12; i++) connection.send(...callFrames(2 * i + 1, messageOf(i, 5_000_000), 'gzip'));
  await expect.poll(() => consumer.held.length).toBe(10);
  expect(kept.before.equals(kept.request.bytes)).toBe(true);
});
