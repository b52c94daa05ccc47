import { describe, expect, test } from 'vitest';
import { Batcher } from '../../../src/exporter/helper/batcher.ts';
import type { BatchConfig } from '../../../src/exporter/helper/config.ts';
import { sendingQueue } from '../../../src/exporter/helper/config.ts';
import { BufferPool } from '../../../src/internal/buffer-pool.ts';
import type { ExportRequest } from '../../../src/pdata/otlp/export-request.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { spanNames, tracesRequest } from '../support.ts';

function setUp(batch: object): { batcher: Batcher; clock: ManualClock; batches: ExportRequest[]; config: BatchConfig } {
  const clock = new ManualClock();
  const batches: ExportRequest[] = [];
  const config = sendingQueue.parse({ batch }).batch;
  return { clock, batches, config, batcher: new Batcher(config, 'traces', clock, new BufferPool(), (emitted) => batches.push(emitted)) };
}

const names = (batches: readonly ExportRequest[]): string[][] => batches.map(({ bytes }) => spanNames(bytes));

describe('Batcher', () => {
  test('joins what comes within flush_timeout, in order, counted from the first', () => {
    const { batcher, clock, batches } = setUp({ flush_timeout: '200ms' });
    batcher.add(tracesRequest('a'));
    clock.tick(150);
    batcher.add(tracesRequest('b', 'c'));
    clock.tick(49);
    expect(batches).toEqual([]);
    clock.tick(1);
    expect(names(batches)).toEqual([['a', 'b', 'c']]);
    expect(batches[0]).toMatchObject({ signal: 'traces', itemCount: 3, retainable: false });
    expect(clock.pendingTimers).toBe(0);
  });

  test('emits as soon as min_size is reached and starts the time anew', () => {
    const { batcher, clock, batches } = setUp({ min_size: 3 });
    batcher.add(tracesRequest('a', 'b'));
    batcher.add(tracesRequest('c', 'd'));
    expect(names(batches)).toEqual([['a', 'b', 'c', 'd']]);
    expect(batcher).toMatchObject({ isOpen: false, openItems: 0, openBytes: 0 });
    clock.tick(150);
    batcher.add(tracesRequest('e'));
    clock.tick(150);
    expect(batches).toHaveLength(1);
    clock.tick(50);
    expect(names(batches)[1]).toEqual(['e']);
  });

  test('does not join beyond min_bytes', () => {
    const size = tracesRequest('a').bytes.length;
    const { batcher, batches } = setUp({ min_bytes: 2 * size + 1 });
    for (const name of ['a', 'b', 'c']) batcher.add(tracesRequest(name));
    expect(names(batches)).toEqual([['a', 'b']]);
    expect(batcher.openBytes).toBe(size);
  });

  test('sends what alone is larger than min_bytes alone and at once', () => {
    const { batcher, batches } = setUp({ min_bytes: 40 });
    batcher.add(tracesRequest('a', 'b', 'c', 'd', 'e'));
    expect(names(batches)).toEqual([['a', 'b', 'c', 'd', 'e']]);
  });

  test('splits at max_size and keeps the rest open', () => {
    const { batcher, clock, batches } = setUp({ min_size: 2, max_size: 2 });
    batcher.add(tracesRequest('a'));
    batcher.add(tracesRequest('b', 'c', 'd', 'e'));
    expect(names(batches)).toEqual([['a', 'b'], ['c', 'd']]);
    expect(batcher.openItems).toBe(1);
    clock.tick(200);
    expect(names(batches)[2]).toEqual(['e']);
  });

  test('splits at max_size in bytes; an item that is larger goes alone', () => {
    const long = 'x'.repeat(400);
    const { batcher, batches } = setUp({ sizer: 'bytes', min_size: 300, max_size: 300 });
    batcher.add(tracesRequest('a', 'b', 'c', 'd', 'e', long, 'f'));
    batcher.flush();
    expect(names(batches).flat()).toEqual(['a', 'b', 'c', 'd', 'e', long, 'f']);
    for (const batch of batches) expect(batch.itemCount === 1 || batch.bytes.length <= 300).toBe(true);
    expect(names(batches)).toContainEqual([long]);
  });
});

describe('the defaults of batch', () => {
  test.each([
    ['nothing written', {}, { sizer: 'items', min_size: 8192, min_bytes: 1_048_576, max_size: 0 }],
    ['min_size alone means what it says', { batch: { min_size: 50 } }, { min_size: 50, min_bytes: 0 }],
    ['the queue counts bytes', { sizer: 'bytes', queue_size: 10_000_000 }, { sizer: 'bytes', min_size: 1_048_576 }],
    ['the queue is smaller than a batch', { sizer: 'items', queue_size: 100 }, { sizer: 'items', min_size: 100 }],
    ['max_size is smaller than a batch', { batch: { max_size: 10 } }, { min_size: 10, max_size: 10 }],
  ])('%s', (_, input, expected) => {
    expect(sendingQueue.parse(input).batch).toMatchObject(expected);
  });

  test.each([
    [{ batch: { min_size: 10, max_size: 5 } }, 'batch.max_size', '5 is less than min_size 10'],
    [{ batch: { flush_timeout: 0 } }, 'batch.flush_timeout', 'must be more than 0'],
    [{ sizer: 'items', queue_size: 5, batch: { min_size: 10 } }, 'batch.min_size', 'a batch of 10 items does not fit into a queue of 5: lower it or raise queue_size'],
    [{ queue_size: 0 }, 'queue_size', 'Too small: expected number to be >=1'],
  ])('%j is refused', (input, path, message) => {
    const issues = sendingQueue.safeParse(input).error?.issues ?? [];
    expect(issues.map((issue) => [issue.path.join('.'), issue.message])).toEqual([[path, message]]);
  });
});
