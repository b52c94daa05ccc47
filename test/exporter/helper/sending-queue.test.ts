import { describe, expect, test } from 'vitest';
import { sendingQueue } from '../../../src/exporter/helper/config.ts';
import type { Batch } from '../../../src/exporter/helper/batch.ts';
import { SendingQueue } from '../../../src/exporter/helper/sending-queue.ts';
import { seededRandom } from '../../../src/internal/seeded-random.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { spanNames, tracesRequest } from '../support.ts';

const one = tracesRequest('a');
const three = tracesRequest('a', 'b', 'c');

function setUp(config: object): { queue: SendingQueue; clock: ManualClock } {
  const clock = new ManualClock();
  return { clock, queue: new SendingQueue(sendingQueue.parse(config), 'traces', clock, () => undefined) };
}

describe('SendingQueue', () => {
  test.each([
    ['requests', 2, [one, three], one],
    ['items', 4, [one, three], one],
    ['bytes', one.bytes.length + three.bytes.length, [one, three], one],
  ])('is full at queue_size %s', (sizer, queue_size, fill, next) => {
    const { queue } = setUp({ sizer, queue_size, batch: { enabled: false } });
    for (const request of fill) {
      expect(queue.fits(request)).toBe(true);
      queue.offer(request);
    }
    expect(queue.size).toBe(queue_size);
    expect(queue.fits(next)).toBe(false);
    const taken = queue.take();
    expect(queue.fits(next)).toBe(false);
    queue.release(taken!);
    expect(queue.fits(next)).toBe(true);
  });

  test('is full at max_bytes, whatever the sizer', () => {
    const { queue } = setUp({ max_bytes: one.bytes.length + 1 });
    queue.offer(one);
    expect(queue.fits(one)).toBe(false);
  });

  test('takes what is larger than itself when it is empty', () => {
    const { queue } = setUp({ sizer: 'items', queue_size: 2, batch: { enabled: false } });
    expect(queue.fits(three)).toBe(true);
    queue.offer(three);
    expect(queue.fits(one)).toBe(false);
  });

  test('counts requests after batching', () => {
    const { queue, clock } = setUp({ queue_size: 2 });
    for (let i = 0; i < 100; i++) {
      expect(queue.fits(one)).toBe(true);
      queue.offer(one);
    }
    expect(queue).toMatchObject({ size: 1, requests: 1, items: 100, bytes: 100 * one.bytes.length });
    clock.tick(200);
    expect(queue.size).toBe(1);
    queue.offer(one);
    expect(queue.size).toBe(2);
    expect(queue.fits(one)).toBe(true);
    clock.tick(200);
    expect(queue.fits(one)).toBe(false);
  });

  test('gives back exactly what it counted, also after splitting', () => {
    const { queue } = setUp({ batch: { min_size: 2, max_size: 2 } });
    queue.offer(three);
    queue.offer(three);
    for (let request = queue.take(); request !== undefined; request = queue.take()) queue.release(request);
    expect(queue).toMatchObject({ size: 0, items: 0, bytes: 0 });
  });

  test('keeps the order over many more than its first size', () => {
    const { queue } = setUp({ queue_size: 100, batch: { enabled: false } });
    const requests = Array.from({ length: 60 }, (_, i) => tracesRequest(String(i)));
    const taken = [];
    for (const [i, request] of requests.entries()) {
      queue.offer(request);
      if (i % 3 === 0) taken.push(queue.take());
    }
    for (let request = queue.take(); request !== undefined; request = queue.take()) taken.push(request);
    expect(taken.map((batch) => spanNames(batch!.bytes))).toEqual(requests.map(({ bytes }) => spanNames(bytes)));
  });

  test('copies what it is offered', () => {
    const { queue } = setUp({ batch: { enabled: false } });
    const lent = Uint8Array.from(three.bytes);
    queue.offer({ ...three, bytes: lent });
    lent.fill(0);
    expect(spanNames(queue.take()!.bytes)).toEqual(['a', 'b', 'c']);
  });
});

describe('memory', () => {
  test('counts as a whole against max_bytes: small requests take what they have, larger ones a buffer', () => {
    const small = setUp({ max_bytes: 10 * one.bytes.length, queue_size: 100, batch: { enabled: false } }).queue;
    let count = 0;
    for (; small.fits(one); count++) small.offer(one);
    expect(count).toBe(10);
    const long = tracesRequest('x'.repeat(5000));
    const { queue } = setUp({ max_bytes: 29_000, queue_size: 100, batch: { enabled: false } });
    for (count = 0; queue.fits(long); count++) queue.offer(long);
    expect(count).toBe(3);
    expect(queue).toMatchObject({ bytes: 3 * long.bytes.length, memoryBytes: 3 * 8192 });
    for (let batch = queue.take(); batch !== undefined; batch = queue.take()) queue.release(batch);
    expect(queue.fits({ ...long, bytes: new Uint8Array(29_000) })).toBe(true);
  });

  test('of a batch that grew is less than twice its bytes', () => {
    const { queue } = setUp({ queue_size: 1_000_000, batch: { min_size: 100 } });
    const long = tracesRequest('x'.repeat(30_000));
    for (let i = 0; i < 100; i++) queue.offer(long);
    const batch = queue.take()!;
    expect([batch.itemCount, batch.bytes.length]).toEqual([100, 100 * long.bytes.length]);
    expect(batch.bytes.buffer.byteLength).toBeLessThan(2 * batch.bytes.length);
    expect(queue.memoryBytes).toBe(batch.bytes.buffer.byteLength);
  });

  test('is used again when a request is released, and not before', () => {
    const long = tracesRequest('x'.repeat(5000));
    const { queue } = setUp({ batch: { enabled: false } });
    queue.offer(long);
    const first = queue.take()!;
    queue.offer(long);
    const second = queue.take()!;
    expect(second.buffer === first.buffer).toBe(false);
    queue.release(first);
    queue.offer(long);
    expect(queue.take()!.buffer === first.buffer).toBe(true);
  });

  test.each([{ enabled: false }, {}, { min_size: 7 }, { min_size: 4, max_size: 4 }, { min_bytes: 2000 }, { sizer: 'bytes', min_size: 900, max_size: 900 }])(
    'changes for nobody on their way, batch %j',
    (batch) => {
      const { queue, clock } = setUp({ queue_size: 1_000_000, batch });
      const random = seededRandom(20_261_122);
      const offered: string[] = [];
      const arrived: string[] = [];
      const onTheirWay: { readonly batch: Batch; readonly names: readonly string[] }[] = [];
      const end = (): void => {
        const [ended] = onTheirWay.splice(Math.floor(random() * onTheirWay.length), 1);
        expect(spanNames(ended!.batch.bytes)).toEqual(ended!.names);
        arrived.push(...ended!.names);
        queue.release(ended!.batch);
      };
      const takeAll = (): void => {
        for (let taken = queue.take(); taken !== undefined; taken = queue.take()) onTheirWay.push({ batch: taken, names: spanNames(taken.bytes) });
      };
      for (let i = 0; i < 2000; i++) {
        const names = Array.from({ length: 1 + Math.floor(random() * 30) }, (_, j) => `${i}.${j}`);
        offered.push(...names);
        queue.offer(tracesRequest(...names));
        if (random() < 0.1) clock.tick(200);
        takeAll();
        while (onTheirWay.length > 5) end();
      }
      queue.flush();
      takeAll();
      while (onTheirWay.length > 0) end();
      expect(arrived.sort()).toEqual(offered.sort());
    },
  );
});
