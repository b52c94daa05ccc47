import { describe, expect, test } from 'vitest';
import type { ConsumeErrorCode } from '../../src/consumer/consume-error.ts';
import { ConsumeError } from '../../src/consumer/consume-error.ts';
import type { Branch } from '../../src/consumer/fan-out.ts';
import { FanOut } from '../../src/consumer/fan-out.ts';
import type { ExportRequest } from '../../src/pdata/otlp/export-request.ts';
import { FailingConsumer, SinkConsumer } from '../support/consumers.ts';
import { ManualClock } from '../support/manual-clock.ts';

const request: ExportRequest = { signal: 'traces', bytes: new Uint8Array([10, 0]), itemCount: 3, retainable: true, scan: undefined };

/** A fan-out over one branch for each error given; a branch without one takes everything. */
function fanOut(...errors: readonly (ConsumeError | undefined)[]) {
  const clock = new ManualClock();
  const stop = new AbortController();
  const lost: { readonly branch: number; readonly code: ConsumeErrorCode }[] = [];
  const sinks = errors.map(() => new SinkConsumer());
  const gates = errors.map((error, index) => new FailingConsumer(error, sinks[index]));
  const branches = gates.map((next, branch): Branch => ({ next, onLost: (_request, error) => lost.push({ branch, code: error.code }) }));
  const consumer = new FanOut(branches, { clock, random: () => 0.5, signal: stop.signal });
  return { clock, stop, lost, sinks, gates, consumer, received: () => sinks.map((sink) => sink.requests.length) };
}

/** Whether a promise has settled, without waiting for it. */
function watch(promise: Promise<void>): { settled: boolean } {
  const state = { settled: false };
  void promise.then(() => (state.settled = true));
  return state;
}

const full = new ConsumeError('overloaded', 'full');
const broken = new ConsumeError('malformed', 'no OTLP');

describe('FanOut', () => {
  test('gives each request to all', async () => {
    const { consumer, received } = fanOut(undefined, undefined, undefined);
    await consumer.consume(request);
    expect(received()).toEqual([1, 1, 1]);
  });

  test.each([
    ['the first of errors of one kind', [broken, new ConsumeError('rejected', 'no')], 'malformed'],
    ['a retryable one before a permanent one', [broken, full], 'overloaded'],
    ['the longest wait', [full, new ConsumeError('unavailable', 'gone', { retryAfterMs: 50 }), broken], 'unavailable'],
  ])('rejects when nobody took it, with %s', async (_name, errors, code) => {
    const { consumer, lost } = fanOut(...errors);
    await expect(consumer.consume(request)).rejects.toMatchObject({ code });
    expect(lost).toEqual([]);
  });

  test('offers it again to those that were full, and to nobody twice', async () => {
    const { consumer, clock, gates, lost, received } = fanOut(undefined, full);
    const state = watch(consumer.consume(request));
    await clock.tickAsync(1000, 100);
    expect(state.settled).toBe(false);
    const [, gate] = gates;
    if (gate !== undefined) gate.error = undefined;
    await clock.tickAsync(5000, 100);
    expect(state.settled).toBe(true);
    expect(received()).toEqual([1, 1]);
    expect(lost).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('waits as long as it was asked to', async () => {
    const { consumer, clock, gates } = fanOut(undefined, new ConsumeError('overloaded', 'full', { retryAfterMs: 3000 }));
    void consumer.consume(request);
    await clock.tickAsync(2900, 100);
    expect(gates[1]?.refused).toBe(1);
    await clock.tickAsync(200, 100);
    expect(gates[1]?.refused).toBe(2);
  });

  test('waits longer each time, up to a limit', async () => {
    const { consumer, clock, gates } = fanOut(undefined, full);
    void consumer.consume(request);
    await clock.tickAsync(1);
    await clock.tickAsync(100);
    expect(gates[1]?.refused).toBe(2);
    await clock.tickAsync(150);
    expect(gates[1]?.refused).toBe(2);
    await clock.tickAsync(60_000, 100);
    const before = gates[1]?.refused ?? 0;
    await clock.tickAsync(50_000, 100);
    expect((gates[1]?.refused ?? 0) - before).toBe(10);
  });

  test('what one refuses for good is reported as lost and resolves', async () => {
    const { consumer, lost, received } = fanOut(undefined, broken);
    await consumer.consume(request);
    expect(received()).toEqual([1, 0]);
    expect(lost).toEqual([{ branch: 1, code: 'malformed' }]);
  });

  test('what turns permanent while it is offered again is lost, too', async () => {
    const { consumer, clock, gates, lost } = fanOut(undefined, full);
    const state = watch(consumer.consume(request));
    await clock.tickAsync(1);
    if (gates[1] !== undefined) gates[1].error = broken;
    await clock.tickAsync(200, 100);
    expect(lost).toEqual([{ branch: 1, code: 'malformed' }]);
    expect(state.settled).toBe(true);
  });

  test('a stop ends the waiting after one last offer', async () => {
    const { consumer, stop, gates, lost, clock } = fanOut(undefined, full);
    const consumed = consumer.consume(request);
    await clock.tickAsync(50, 50);
    stop.abort();
    await consumed;
    expect(gates[1]?.refused).toBe(2);
    expect(lost).toEqual([{ branch: 1, code: 'overloaded' }]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('a defect in one branch is its own', async () => {
    const clock = new ManualClock();
    const sink = new SinkConsumer();
    const lost: ConsumeErrorCode[] = [];
    const consumer = new FanOut(
      [
        { next: sink, onLost: () => expect.unreachable() },
        { next: { consume: () => { throw new TypeError('undefined is not a function'); } }, onLost: (_request, error) => lost.push(error.code) },
      ],
      { clock, random: () => 0.5, signal: new AbortController().signal },
    );
    await consumer.consume(request);
    expect(sink.requests).toHaveLength(1);
    expect(lost).toEqual(['internal']);
  });
});
