import type { Arbitrary } from 'fast-check';
import { array, assert, asyncProperty, boolean, constant, constantFrom, integer, oneof, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConsumeError, toConsumeError } from '../../../src/consumer/consume-error.ts';
import type { Consumer } from '../../../src/consumer/consumer.ts';
import { BatchProcessor } from '../../../src/processor/batch/batch-processor.ts';
import { batchConfig } from '../../../src/processor/batch/config.ts';
import { FailingConsumer, SinkConsumer } from '../../support/consumers.ts';
import { logsRequest, recordNumbers } from '../../support/log-requests.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { noDeadline, testSettings } from '../../support/settings.ts';

const PENDING = 'tailrace_batch_pending_items{data_type="logs",processor="batch"}';
const failedItems = (reason: string): string =>
  `tailrace_batch_failed_items{data_type="logs",processor="batch",reason="${reason}"}`;

function setUp(config: object, next?: (sink: SinkConsumer) => Consumer) {
  const clock = new ManualClock();
  const sink = new SinkConsumer();
  const settings = testSettings('batch', clock);
  const batch = new BatchProcessor(batchConfig.parse(config), { ...settings, signal: 'logs' }, next?.(sink) ?? sink);
  const sizes = (): number[] => sink.requests.map(({ itemCount }) => itemCount);
  const numbers = (): number[] => sink.requests.flatMap(recordNumbers);
  return { ...settings, clock, sink, batch, sizes, numbers };
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

describe('batch', () => {
  test('waits until the timeout, counted from the first item', async () => {
    const { batch, clock, sizes, meter } = setUp({ timeout: '200ms' });
    await batch.consume(logsRequest(0, 3));
    await clock.tickAsync(150);
    await batch.consume(logsRequest(3, 2));
    await clock.tickAsync(49);
    expect(sizes()).toEqual([]);
    expect(meter.value(PENDING)).toBe(5);
    await clock.tickAsync(1);
    expect(sizes()).toEqual([5]);
    expect(meter.value(PENDING)).toBe(0);
    expect(meter.value('otelcol_processor_batch_timeout_trigger_send{processor="batch"}')).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  test('sends at once when the size is reached, and the next wait begins anew', async () => {
    const { batch, clock, sizes, numbers, meter } = setUp({ send_batch_size: 10 });
    await batch.consume(logsRequest(0, 6));
    await clock.tickAsync(150);
    await batch.consume(logsRequest(6, 6));
    await clock.tickAsync(1);
    expect(sizes()).toEqual([12]);
    await batch.consume(logsRequest(12, 1));
    await clock.tickAsync(199);
    expect(sizes()).toEqual([12]);
    await clock.tickAsync(1);
    expect(sizes()).toEqual([12, 1]);
    expect(numbers()).toEqual(upTo(13));
    expect(meter.value('otelcol_processor_batch_batch_size_trigger_send{processor="batch"}')).toBe(1);
    expect(meter.samples('otelcol_processor_batch_batch_send_size{processor="batch"}')).toEqual([12, 1]);
  });

  test.each([{ timeout: '0s' }, { send_batch_size: 0 }])('%j sends each request at once', async (config) => {
    const { batch, sizes, clock } = setUp(config);
    await batch.consume(logsRequest(0, 1));
    await clock.tickAsync(1);
    await batch.consume(logsRequest(1, 2));
    await clock.tickAsync(1);
    expect(sizes()).toEqual([1, 2]);
  });

  test('splits at the largest size; what is left over waits for more', async () => {
    const { batch, clock, sizes, numbers, meter } = setUp({ send_batch_size: 10, send_batch_max_size: 10 });
    await batch.consume(logsRequest(0, 23));
    await clock.tickAsync(1);
    expect(sizes()).toEqual([10, 10]);
    expect(meter.value(PENDING)).toBe(3);
    await clock.tickAsync(200);
    expect(sizes()).toEqual([10, 10, 3]);
    expect(numbers()).toEqual(upTo(23));
  });

  test('copies what it was lent', async () => {
    const { batch, clock, numbers } = setUp({});
    const request = logsRequest(7, 2);
    await batch.consume(request);
    request.bytes.fill(0xff);
    await clock.tickAsync(200);
    expect(numbers()).toEqual([7, 8]);
  });

  test('a request without items is taken and leaves no batch', async () => {
    const { batch, clock, sizes } = setUp({});
    await batch.consume(logsRequest(0, 0));
    await clock.tickAsync(200);
    expect(sizes()).toEqual([]);
  });

  test('a batch that is refused for now is kept and offered again after the delay that was asked for', async () => {
    let failing: FailingConsumer | undefined;
    const refusal = new ConsumeError('overloaded', 'full', { retryAfterMs: 3000 });
    const { batch, clock, numbers, meter } = setUp({}, (sink) => (failing = new FailingConsumer(refusal, sink)));
    await batch.consume(logsRequest(0, 5));
    await clock.tickAsync(200);
    expect(failing?.refused).toBe(1);
    await batch.consume(logsRequest(5, 5));
    await clock.tickAsync(2999, 500);
    expect(failing?.refused).toBe(1);
    expect(meter.value(PENDING)).toBe(10);
    failing!.error = undefined;
    await clock.tickAsync(1);
    expect(numbers()).toEqual(upTo(10));
    expect(meter.value(PENDING)).toBe(0);
    expect(meter.total('tailrace_batch_failed_items')).toBe(0);
  });

  test('without a delay asked for, retries come at growing distances up to five seconds', async () => {
    let failing: FailingConsumer | undefined;
    const { batch, clock, logger } = setUp({}, (sink) => (failing = new FailingConsumer(new ConsumeError('unavailable', 'down'), sink)));
    await batch.consume(logsRequest(0, 1));
    await clock.tickAsync(200);
    const at: number[] = [];
    for (let seen = 1; at.length < 9; ) {
      await clock.tickAsync(100);
      if (failing!.refused > seen) at.push(clock.monotonic() - 200);
      seen = failing!.refused;
    }
    expect(at).toEqual([100, 300, 700, 1500, 3100, 6300, 11_300, 16_300, 21_300]);
    expect(logger.lines.filter(({ level }) => level === 'warn').length).toBe(3);
  });

  test('refuses for now when too much is held, and takes again when that has gone on', async () => {
    let failing: FailingConsumer | undefined;
    const refusal = new ConsumeError('overloaded', 'full', { retryAfterMs: 1000 });
    const { batch, clock, numbers, meter } = setUp({ send_batch_size: 10_000 }, (sink) => (failing = new FailingConsumer(refusal, sink)));
    await batch.consume(logsRequest(0, 12_000));
    await clock.tickAsync(1);
    await batch.consume(logsRequest(12_000, 8000));
    expect(meter.value(PENDING)).toBe(20_000);
    await expect(batch.consume(logsRequest(20_000, 1))).rejects.toMatchObject({ code: 'overloaded', retryAfterMs: 1000 });
    expect(meter.value(PENDING)).toBe(20_000);
    failing!.error = undefined;
    await clock.tickAsync(1000);
    await batch.consume(logsRequest(20_000, 1));
    await clock.tickAsync(200);
    expect(numbers()).toEqual(upTo(20_001));
  });

  test('a batch that is refused for good is counted, logged once and does not stop the next', async () => {
    let failing: FailingConsumer | undefined;
    const { batch, clock, numbers, meter, logger } = setUp({}, (sink) => (failing = new FailingConsumer(new ConsumeError('rejected', 'no'), sink)));
    for (const first of [0, 4]) {
      await batch.consume(logsRequest(first, 4));
      await clock.tickAsync(200);
    }
    failing!.error = undefined;
    await batch.consume(logsRequest(8, 1));
    await clock.tickAsync(200);
    expect(numbers()).toEqual([8]);
    expect(meter.value(failedItems('rejected'))).toBe(8);
    expect(meter.value(PENDING)).toBe(0);
    expect(logger.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  test('shutdown sends what waits, at once, and then nothing is taken', async () => {
    const { batch, clock, numbers } = setUp({ timeout: '1h' });
    await batch.consume(logsRequest(0, 4));
    await batch.shutdown(noDeadline());
    await batch.shutdown(noDeadline());
    expect(numbers()).toEqual(upTo(4));
    expect(clock.pendingTimers).toBe(0);
    await expect(batch.consume(logsRequest(4, 1))).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('shutdown offers a held batch again without waiting for the retry', async () => {
    let failing: FailingConsumer | undefined;
    const refusal = new ConsumeError('overloaded', 'full', { retryAfterMs: 60_000 });
    const { batch, clock, numbers } = setUp({}, (sink) => (failing = new FailingConsumer(refusal, sink)));
    await batch.consume(logsRequest(0, 4));
    await clock.tickAsync(200);
    await batch.consume(logsRequest(4, 4));
    failing!.error = undefined;
    await batch.shutdown(noDeadline());
    expect(numbers()).toEqual(upTo(8));
  });

  test('what a shutdown has no time for is counted', async () => {
    const hanging: Consumer = { consume: () => new Promise(() => undefined) };
    const { batch, clock, meter, logger } = setUp({}, () => hanging);
    await batch.consume(logsRequest(0, 4));
    await clock.tickAsync(200);
    await batch.consume(logsRequest(4, 3));
    const deadline = new AbortController();
    const stopped = batch.shutdown(noDeadline(deadline.signal));
    deadline.abort();
    await stopped;
    expect(meter.value(failedItems('shutdown'))).toBe(7);
    expect(meter.value(PENDING)).toBe(0);
    expect(logger.lines.at(-1)).toMatchObject({ level: 'error', fields: { items: 7 } });
    expect(clock.pendingTimers).toBe(0);
  });

  test('never started, it stops', async () => {
    await expect(setUp({}).batch.shutdown(noDeadline())).resolves.toBeUndefined();
  });
});

type Step =
  | { readonly kind: 'request'; readonly items: number }
  | { readonly kind: 'tick'; readonly ms: number }
  | { readonly kind: 'downstream'; readonly state: 'up' | 'down' | 'rejecting' };

const step: Arbitrary<Step> = oneof(
  { weight: 6, arbitrary: record({ kind: constant('request' as const), items: integer({ min: 0, max: 9000 }) }) },
  { weight: 3, arbitrary: record({ kind: constant('tick' as const), ms: integer({ min: 1, max: 700 }) }) },
  { weight: 2, arbitrary: record({ kind: constant('downstream' as const), state: constantFrom('up' as const, 'down' as const, 'rejecting' as const) }) },
);

describe('batch, whatever happens', () => {
  test('what was taken comes out once, in order and within the size limit, or is counted', async () => {
    await assert(
      asyncProperty(
        array(step, { maxLength: 25 }),
        integer({ min: 0, max: 6000 }),
        integer({ min: 0, max: 3000 }),
        boolean(),
        async (steps, size, extra, isLimited) => {
          const maxSize = isLimited ? Math.max(1, size + extra) : 0;
          let failing: FailingConsumer | undefined;
          const config = { send_batch_size: size, send_batch_max_size: maxSize };
          const { batch, clock, sink, numbers, meter } = setUp(config, (next) => (failing = new FailingConsumer(undefined, next)));
          const taken: number[] = [];
          const refusals = new Set<string>();
          const imbalances: number[] = [];
          let offered = 0;
          const balance = (): number => numbers().length + meter.total('tailrace_batch_failed_items') + (meter.value(PENDING) ?? 0);
          for (const action of steps) {
            if (action.kind === 'request') {
              const request = logsRequest(offered, action.items);
              const refusal = await batch.consume(request).catch(toConsumeError);
              if (refusal instanceof ConsumeError) refusals.add(refusal.code);
              else for (let i = 0; i < action.items; i++) taken.push(offered + i);
              offered += action.items;
              request.bytes.fill(0xff);
            } else if (action.kind === 'tick') {
              await clock.tickAsync(action.ms, 100);
              imbalances.push(taken.length - balance());
            } else {
              const errors = { up: undefined, down: new ConsumeError('unavailable', 'down'), rejecting: new ConsumeError('rejected', 'no') };
              failing!.error = errors[action.state];
            }
          }
          const deadline = new AbortController();
          const stopped = batch.shutdown(noDeadline(deadline.signal));
          await clock.tickAsync(10);
          deadline.abort();
          await stopped;
          expect(meter.value(PENDING)).toBe(0);
          imbalances.push(taken.length - balance());
          expect(imbalances.filter((items) => items !== 0)).toEqual([]);
          expect([...refusals].filter((code) => code !== 'overloaded')).toEqual([]);
          const delivered = numbers();
          const isTaken = new Set(taken);
          expect(delivered.every((number, i) => isTaken.has(number) && (i === 0 || number > delivered[i - 1]!))).toBe(true);
          const largest = Math.max(0, ...sink.requests.map(({ itemCount }) => itemCount));
          expect(largest).toBeLessThanOrEqual(maxSize > 0 ? maxSize : Number.POSITIVE_INFINITY);
        },
      ),
      { numRuns: 60 },
    );
  });
});
